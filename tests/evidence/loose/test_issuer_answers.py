from __future__ import annotations

import json

import pytest

from analyzer.evidence.loose.http_answers import answer_of_error, read_exchange
from analyzer.evidence.records import DiscoveryDocument, HttpAnswer, KeySet
from tests.evidence.material import ISSUER, jwk, read, token

DISCOVERY = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys.json", "response_types_supported": ["id_token"]}
GOOD = json.dumps(DISCOVERY, indent=4)
DENIED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>R</RequestId></Error>"
)
NO_KEY = "<Error><Code>NoSuchKey</Code><Message>no</Message><Key>keys.json</Key></Error>"
HTML = "<!DOCTYPE html>\n<html><body>Sign in</body></html>"


def answer(name: str, content: str | bytes | object) -> HttpAnswer:
    (record,) = read(name, content).records
    assert isinstance(record, HttpAnswer)
    return record


def head(status: str, *headers: str, body: str = "") -> str:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", body])


class TestGoodDocuments:
    def test_discovery(self) -> None:
        (record,) = read("any", DISCOVERY).records
        assert isinstance(record, DiscoveryDocument)
        assert (record.issuer, record.jwks_uri, record.planned) == (ISSUER, f"{ISSUER}/keys.json", False)
        assert record.where.at("jwks_uri").line == 3

    def test_discovery_without_its_members_is_still_one(self) -> None:
        (record,) = read("any", {"response_types_supported": [], "issuer": 7}).records
        assert isinstance(record, DiscoveryDocument)
        assert (record.issuer, record.jwks_uri) == (None, None)

    def test_a_bare_issuer_needs_the_name(self) -> None:
        assert isinstance(read("openid-configuration", {"issuer": "x"}).records[0], DiscoveryDocument)
        assert read("any.json", {"issuer": "x"}).what == "not relevant"

    def test_key_set(self) -> None:
        (record,) = read("any", {"keys": [jwk(), "junk", {"kid": "b"}]}).records
        assert isinstance(record, KeySet)
        assert [key["kid"] for key in record.keys] == ["k1", "b"]

    def test_empty_key_set(self) -> None:
        (record,) = read("any", {"keys": []}).records
        assert isinstance(record, KeySet)
        assert record.keys == ()

    @pytest.mark.parametrize("value", [{"keys": ["a", "b"]}, {"keys": [], "x": 1}, {"keys": {"a": 1}}])
    def test_other_keys_are_no_key_set(self, value: object) -> None:
        assert read("any.json", value).what == "not relevant"

    def test_files_of_a_dry_run_are_planned(self) -> None:
        assert read("out/02-openid-configuration", DISCOVERY).records[0].planned  # type: ignore[attr-defined]
        assert read("out/03-keys.json", {"keys": [jwk()]}).records[0].planned  # type: ignore[attr-defined]


class TestRecordedHeaders:
    def test_a_good_answer_is_its_document(self) -> None:
        (record,) = read("x", head("200 OK", "Content-Type: application/json", body=GOOD)).records
        assert isinstance(record, DiscoveryDocument)
        assert record.where.at("issuer").line == 5

    @pytest.mark.parametrize(
        "before",
        [
            head("200 Connection established", "Proxy-Agent: x"),
            head("301 Moved Permanently", "Location: https://elsewhere/x"),
            head("100 Continue"),
            head("302 Found") + head("307 Temporary Redirect"),
        ],
    )
    def test_the_last_answer_counts(self, before: str) -> None:
        found = answer("x", before + head("403 Forbidden", body=NO_KEY))
        assert (found.status, found.error, found.body, found.target) == (403, "NoSuchKey", "xml", "jwks")
        assert found.where.excerpt == "HTTP/1.1 403 Forbidden"
        assert found.where.line == before.count("\n") + 1

    def test_http_2_and_headers_alone(self) -> None:
        found = answer("discovery-headers.txt", "HTTP/2 404 \r\nserver: x\r\n\r\n")
        assert (found.status, found.body, found.target) == (404, "none", "discovery")

    def test_headers_alone_of_a_good_answer_prove_nothing(self) -> None:
        found = read("discovery.headers", head("200 OK", "Content-Length: 700"))
        assert (found.records, found.problem) == ((), None)

    def test_an_empty_good_answer_does(self) -> None:
        assert answer("jwks.txt", head("200 OK", "Content-Length: 0")).body == "none"

    def test_a_good_status_over_a_page(self) -> None:
        found = answer("openid-configuration", head("200 OK", body=HTML))
        assert (found.status, found.body) == (200, "html")

    def test_a_bad_status_over_a_good_body(self) -> None:
        assert answer("discovery", head("500 Oops", body=GOOD)).body == "json"

    def test_a_redirect_that_was_not_followed_shows_no_query(self) -> None:
        found = answer("jwks", head("302 Found", "Location: https://login.example/x?secret=1"))
        assert found.error == "redirect to https://login.example/x"

    def test_a_good_answer_of_something_else_is_not_relevant(self) -> None:
        assert read("x", head("200 OK", body='{"major": "1"}')).what == "not relevant"

    def test_verbose_output(self) -> None:
        text = (
            "* Connected to demo-oidc.s3.us-west-2.amazonaws.com\n"
            "> GET /keys.json?X-Amz-Signature=1 HTTP/1.1\n"
            "> Host: demo-oidc.s3.us-west-2.amazonaws.com\n> Authorization: Bearer abc\n>\n"
            "< HTTP/1.1 403 Forbidden\n< Server: AmazonS3\n<\n{ [5 bytes data]\n" + DENIED
        )
        found = answer("curl.txt", text)
        assert (found.status, found.error, found.body, found.target) == (403, "AccessDenied", "xml", "jwks")
        assert found.url == f"{ISSUER}/keys.json"

    def test_verbose_output_over_a_good_body(self) -> None:
        text = f"> GET /.well-known/openid-configuration HTTP/1.1\n> Host: h\n< HTTP/1.1 200 OK\n<\n{GOOD}\n"
        (record,) = read("x", text).records
        assert isinstance(record, DiscoveryDocument)
        assert record.where.at("issuer").line == 6


class TestBodiesAlone:
    def test_the_bucket_s_error(self) -> None:
        found = answer("whatever.txt", DENIED)
        assert (found.target, found.status, found.error, found.body) == (None, None, "AccessDenied", "xml")
        assert answer("03-keys.json", DENIED).target == "jwks"
        assert answer("x", NO_KEY).target == "jwks"
        assert answer(
            "x", DENIED.replace("<Req", "<Key>.well-known/openid-configuration</Key><Req")
        ).target == ("discovery")

    def test_the_status_that_curl_was_told_to_append(self) -> None:
        assert answer("jwks.json", DENIED + "\n403").status == 403
        assert answer("jwks.json", "404").status == 404

    @pytest.mark.parametrize(
        ("content", "body"),
        [
            (HTML, "html"),
            ("nope", "other"),
            ('{"message":"no"}', "json"),
            ("{,}", "other"),
        ],
    )
    @pytest.mark.parametrize(
        ("name", "target"),
        [
            ("openid-configuration", "discovery"),
            (".well-known_openid-configuration", "discovery"),
            ("issuer/discovery.json", "discovery"),
            ("keys.json", "jwks"),
            ("cluster-jwks.txt", "jwks"),
        ],
    )
    def test_by_the_name(self, name: str, target: str, content: str, body: str) -> None:
        found = answer(name, content)
        assert (found.target, found.body, found.status) == (target, body, None)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("", "it is empty"),
            (" \n", "it is empty"),
            # What Invoke-RestMethod prints, and Invoke-WebRequest.
            (f"\r\nissuer   : {ISSUER}\r\njwks_uri : {ISSUER}/keys.json\r\n", "in its own form"),
            ("\r\nkeys\r\n----\r\n{@{use=sig; kty=RSA; kid=a...}}\r\n", "in its own form"),
            ('StatusCode : 200\r\nContent    : {\r\n             "keys": [\r\n', "in its own form"),
            # Saved by a browser, copied from an editor, from the source of a page.
            (f"<html><body><pre>{GOOD}</pre></body></html>", "in its own form"),
            (GOOD.replace('"', "\u201d"), "in its own form"),
            (GOOD.replace('"', "&quot;"), "in its own form"),
            ("bash: curl: command not found\n", "on the machine that asked"),
            ("jq: parse error: Invalid numeric literal at line 1, column 10\n", "on the machine that asked"),
            (json.dumps([jwk()]), "without the object around them"),
            (json.dumps(jwk(), indent=2), "without the object around them"),
            (json.dumps(["a-" * 21 + "b", "c" * 43], indent=2), "without the object around them"),
            ("a_" * 21 + "b\n" + "c" * 43 + "\n", "without the object around them"),
            (json.dumps([{"kid": "a"}]), "without the object around them"),
            (GOOD[:40], "ends too early"),
            (head("200 OK", body=GOOD[:40]), "ends too early"),
            (head("200 OK", f"Content-Length: {len(GOOD)}", body=GOOD[:40]), "ends too early"),
        ],
    )
    def test_what_is_no_answer_proves_nothing(self, content: str, said: str) -> None:
        found = read("openid-configuration", content)
        assert (found.records, found.problem) == ((), None)
        assert said in (found.note or "")

    def test_a_listing_of_a_bucket_is_no_answer_for_what_it_lists(self) -> None:
        listing = "<?xml version='1.0'?><ListBucketResult><Key>keys.json</Key></ListBucketResult>"
        assert answer("openid-configuration", listing).target == "discovery"

    def test_what_the_headers_show_to_be_whole_is_as_it_was_served(self) -> None:
        found = answer("openid-configuration", head("200 OK", "Content-Length: 40", body=GOOD[:40]))
        assert (found.status, found.body) == (200, "other")

    def test_a_page_that_denies_is_an_answer(self) -> None:
        assert answer("keys.json", "<html><body>Permission denied</body></html>").body == "html"

    def test_the_status_in_a_page_s_heading(self) -> None:
        page = (
            "<HTML><HEAD><TITLE>ERROR: no</TITLE></HEAD><BODY><H1>403 ERROR</H1>by cloudfront</BODY></HTML>"
        )
        found = answer("keys.json", page)
        assert (found.status, found.body) == (403, "html")

    @pytest.mark.parametrize(
        "name", ["index.html", "api-keys.json", "discovery.go", "service-discovery.log", "x"]
    )
    def test_pages_and_text_of_other_names_are_not_relevant(self, name: str) -> None:
        for content in ("", HTML, "nope", '{"a": 1}'):
            assert read(name, content).what == "not relevant"

    def test_the_refusal_of_the_api_server(self) -> None:
        status = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "reason": "Forbidden",
            "code": 403,
        }
        found = answer("in-cluster-jwks.json", status)
        assert (found.status, found.error, found.body) == (403, "Forbidden", "json")
        assert read("x.json", status).what == "not relevant"


class TestErrorsOfTheClient:
    @pytest.mark.parametrize(
        ("text", "status", "error"),
        [
            (
                "curl: (60) SSL certificate problem: self-signed certificate\n",
                None,
                "curl: (60) SSL certificate",
            ),
            ("curl: (6) Could not resolve host: x", None, "curl: (6) Could not"),
            ("curl: (22) The requested URL returned error: 403", 403, "curl: (22)"),
            ("wget: unable to resolve host address ‘x’", None, "wget: unable"),
            ("HTTP request sent, awaiting response... 404 Not Found\n", 404, "awaiting"),
            (
                "awaiting response... \n  HTTP/1.1 403 Forbidden\n2021-08-03 10:20 ERROR 403: Forbidden.\n",
                403,
                "ERROR 403: Forbidden",
            ),
            ("The remote server returned an error: (403) Forbidden.", 403, "403 Forbidden"),
            (
                "curl : The remote server returned an\nerror: (404) Not Found.\nAt line:1\n",
                404,
                "404 Not Found",
            ),
            (
                "Invoke-WebRequest : Der Remoteserver hat einen Fehler zurückgegeben: (403) Unzulässig.\n",
                403,
                "403 Unzulässig",
            ),
            (
                "Invoke-RestMethod: Response status code does not indicate success: 503 (Slow Down).\n",
                503,
                "503 Slow Down",
            ),
            ("403 Client Error: Forbidden for url: https://x/y", 403, "403 Forbidden"),
            ("urllib.error.HTTPError: HTTP Error 404: Not Found", 404, "404 Not Found"),
        ],
    )
    def test_is_an_answer(self, text: str, status: int | None, error: str) -> None:
        found = answer("discovery.err", text)
        assert (found.target, found.status, found.body) == ("discovery", status, "none")
        assert found.error is not None
        assert found.error.startswith(error)

    def test_the_url_of_the_prompt_tells_the_target(self) -> None:
        found = answer("shot.txt", f"$ curl -s {ISSUER}/keys.json?x=1\ncurl: (22) error: 403\n")
        assert (found.target, found.url, found.where.line) == ("jwks", f"{ISSUER}/keys.json", 2)

    @pytest.mark.parametrize(
        "text", ["The remote server returned an error: (403) Forbidden.", "HTTP Error 403: No"]
    )
    def test_common_words_about_nothing_named_are_none(self, text: str) -> None:
        assert answer_of_error("i", "mail.txt", text.encode()) is None

    def test_powershell_tells_what_it_asked_for(self) -> None:
        text = (
            f"PS C:\\Users\\a> Invoke-WebRequest {ISSUER}/.well-known/openid-configuration -UseBasicParsing\n"
        )
        error = (
            "Invoke-WebRequest : The remote server returned an error: (403) Forbidden.\nAt line:1 char:1\n"
        )
        found = answer("paste.txt", text + error)
        assert (found.target, found.status, found.where.line) == ("discovery", 403, 2)
        assert found.url == f"{ISSUER}/.well-known/openid-configuration"

    @pytest.mark.parametrize(
        "text",
        [
            "$ curl -s {url}\ncurl: (28) Connection timed out\n",
            "$ curl -s {url}\ncurl: (6) Could not resolve host: x\n",
            "$ wget {url}\nwget: unable to resolve host address ‘x’\n",
            "PS C:\\> iwr {url}\niwr : The remote name could not be resolved: 'x'\nAt line:1 char:1\n",
            "PS C:\\> iwr {url}\niwr : The remote server returned an error: (407) Proxy needed\n",
            "$ curl -v {url}\n> CONNECT h:443 HTTP/1.1\n>\n< HTTP/1.1 403 Forbidden\n<\n"
            "curl: (56) Received HTTP code 403 from proxy after CONNECT\n",
            "$ curl -i {url}\nHTTP/1.1 407 Proxy Authentication Required\n\n<html>log in</html>\n",
            "$ curl -i {url}\nHTTP/1.1 200 OK\n\n<html>Internet Security by Zscaler</html>\n",
            "$ curl -i {url}\nHTTP/1.1 403 Forbidden\nServer: squid/5.7\n\n<html>Access denied</html>\n",
            "$ curl -s {url}\n<html><title>Corporate proxy: sign in</title></html>\n",
            "$ curl -sL {url}\n<html><title>Blocked</title>FortiGuard Intrusion Prevention</html>\n",
            "$ curl -s https://d1.cloudfront.net/keys.json\ncurl: (60) self signed certificate\n",
        ],
    )
    def test_a_way_that_ends_before_the_issuer_is_none(self, text: str) -> None:
        found = read("shot.txt", text.format(url=f"{ISSUER}/keys.json"))
        assert (found.records, found.problem) == ((), None)
        assert "did not get through" in (found.note or "")

    @pytest.mark.parametrize(
        "host",
        ["a-oidc.s3.eusc-de-east-1.amazonaws.eu", "a-oidc.s3.us-iso-east-1.c2s.ic.gov",
         "a-oidc.s3.dualstack.us-west-2.amazonaws.com", "d1.cloudfront.cn", "oidc.x.openshiftusgov.com"],
    )  # fmt: skip
    def test_no_public_host_has_a_certificate_of_its_own(self, host: str) -> None:
        text = f"$ curl -s https://{host}/keys.json\ncurl: (60) SSL certificate problem: self-signed\n"
        assert "did not get through" in (read("shot.txt", text).note or "")

    def test_a_certificate_of_another_host_is_an_answer(self) -> None:
        text = "$ curl -s https://oidc.corp.example/keys.json\ncurl: (60) SSL certificate problem\n"
        assert answer("shot.txt", text).target == "jwks"

    def test_a_long_log_that_mentions_curl_is_none(self) -> None:
        text = b"curl: (7) Failed\n" * 2000
        assert answer_of_error("i", "pod.log", text) is None
        assert answer_of_error("i", "pod.log", b"no such thing") is None


def test_text_that_is_no_answer() -> None:
    assert read_exchange(b"GET / HTTP/1.1\n") is None


def test_no_token_of_a_request_is_quoted() -> None:
    text = f"> GET /keys.json HTTP/1.1\n> Host: h\n> Authorization: Bearer {token()}\n< HTTP/1.1 401 No\n"
    assert token().split(".")[2][:20] not in repr(read("x", text))


def test_no_key_of_a_broken_key_set_is_quoted() -> None:
    secret = "Zm9v" * 30
    found = answer("keys.json", f'{{"keys":[{{"kty":"RSA","d":"{secret}"}}],}}')
    assert found.body == "other"
    assert secret[:40] not in repr(found)
