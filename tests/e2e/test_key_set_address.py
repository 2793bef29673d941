"""Where an issuer's keys are: an answer for another address says nothing of them."""

import json

import pytest

from samples import Cluster

from .runs import Bench, everything, named, told, without

HOSTED = "https://hypershift-oidc.s3.us-west-2.amazonaws.com/demo-7xk2p"
JWKS = f"{HOSTED}/openid/v1/jwks"
DENIED = b"HTTP/1.1 403 Forbidden\r\nServer: AmazonS3\r\n\r\n"


@pytest.mark.parametrize("discovery", [True, False])
@pytest.mark.parametrize("name, counts", [("keys", False), ("jwks", True)])
def test_an_answer_for_keys_json_is_none_where_the_keys_have_another_name(
    bench: Bench, discovery: bool, name: str, counts: bool
) -> None:
    """HyperShift publishes openid/v1/jwks, and S3 denies whoever asks for what is not there."""
    cluster = Cluster(issuer=HOSTED)
    said = {"issuer": HOSTED, "jwks_uri": JWKS, "response_types_supported": ["id_token"]}
    files = without(everything(cluster), "exports/issuer/") | {f"case/{name}.headers": DENIED}
    files |= {"case/openid-configuration": json.dumps(said).encode()} if discovery else {}
    report = bench.report(files)
    assert ("jwks-unreachable" in named(report, "fail")) == counts, told(report)
    if not counts and discovery:
        (asked,) = [item.command for item in report.missing if item.evidence == "jwks"]
        assert asked == f"curl -sSg -D jwks.headers -o jwks.json {JWKS}"


@pytest.mark.parametrize("issuer", ["https://oidc.example.com", "https://d1a2b3c4d5e6f7.cloudfront.net/path"])
def test_on_a_host_of_ones_own_the_document_alone_tells_where_the_keys_are(bench: Bench, issuer: str) -> None:
    """With it the answer for keys.json is another file's or the key set's; without it neither is known."""
    cluster = Cluster(issuer=issuer)
    files = without(everything(cluster), "exports/issuer/") | {"case/keys.headers": DENIED}
    for uri, counts in (("jwks", False), ("keys.json", True)):
        said = {"issuer": issuer, "jwks_uri": f"{issuer}/{uri}", "response_types_supported": ["id_token"]}
        report = bench.report(files | {"case/openid-configuration": json.dumps(said).encode()})
        assert ("jwks-unreachable" in named(report, "fail")) == counts, told(report)
    assert not named(bench.report(files), "fail")


@pytest.mark.parametrize(
    "issuer", ["https://d1a2b3c4d5e6f7.cloudfront.net", "https://any-name.s3.eu-west-1.amazonaws.com"]
)
def test_where_ccoctl_publishes_an_answer_for_keys_json_counts_by_itself(bench: Bench, issuer: str) -> None:
    cluster = Cluster(issuer=issuer)
    files = without(everything(cluster), "exports/issuer/") | {"case/keys.headers": DENIED}
    assert "jwks-unreachable" in named(bench.report(files), "fail")


def test_a_bucket_of_its_own_has_its_keys_in_keys_json(bench: Bench) -> None:
    cluster = Cluster()
    files = without(everything(cluster), "exports/issuer/") | {"case/keys.headers": DENIED}
    assert "jwks-unreachable" in named(bench.report(files), "fail")


def test_the_key_in_the_bucket_is_that_of_the_jwks_uri(bench: Bench) -> None:
    cluster = Cluster(issuer=HOSTED)
    cluster.jwks = {"keys": []}
    said = {"issuer": HOSTED, "jwks_uri": JWKS, "response_types_supported": ["id_token"]}
    files = without(everything(cluster), "openid-configuration")
    report = bench.report(files | {"exports/issuer/openid-configuration": json.dumps(said).encode()})
    commands = " ".join(one.command or "" for f in report.findings if f.state == "fail" for one in f.fix)
    assert "--key demo-7xk2p/openid/v1/jwks " in commands, told(report)
    assert f"curl -sSg {JWKS} " in commands
    assert "--key keys.json" not in commands
