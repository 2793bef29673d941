"""export-aws against a simulated account on loopback, through a proxy that refuses and throttles."""

from __future__ import annotations

import http.client
import json
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner, Result

from analyzer.cli.app import app
from analyzer.session import analyze
from samples import Cluster
from samples.aws import ManagedPolicy
from samples.bundle import write_files

from ..e2e.runs import bundle, exports, findings, named, told, without

boto3 = pytest.importorskip("boto3")
moto_server = pytest.importorskip("moto.server")

ERROR = (
    '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
    "<Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
)


@dataclass
class Proxy:
    """Hands calls on, and counts them; some are refused, the first ones of some are throttled."""

    upstream: tuple[str, int]
    actions: list[str] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    throttled: dict[str, int] = field(default_factory=dict)

    def answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        action = parse_qs(body.decode()).get("Action", ["?"])[0]
        self.actions.append(action)
        if self.throttled.get(action, 0) > 0:
            self.throttled[action] -= 1
            return 400, ERROR.format(code="Throttling", message="Rate exceeded").encode()
        if action in self.denied:
            message = f"User: arn:aws:iam::123456789012:user/me is not authorized to perform: iam:{action}"
            return 403, ERROR.format(code="AccessDenied", message=message).encode()
        connection = http.client.HTTPConnection(*self.upstream, timeout=20)
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        return response.status, response.read()


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[str, int]]:
    server = moto_server.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # What it holds is the process's: an earlier one of another order of tests may have filled it.
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    yield host, port
    server.stop()


@pytest.fixture
def proxy(account: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    found = Proxy(account)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = found.answer(body, dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    for name, value in (
        ("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}"), ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"), ("AWS_REGION", "us-west-2"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def cluster(account: tuple[str, int]) -> Cluster:
    """Put a generated cluster's roles and provider into the account."""
    made = Cluster()
    machines = made.role("openshift-machine-api")
    (body,) = machines.inline.values()
    machines.inline = {}
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    machines.attached = [ManagedPolicy("machines", [body], made.account)]
    machines.boundary = ManagedPolicy("ceiling", [everything], made.account)
    host, port = account
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
    iam = boto3.client("iam", endpoint_url=f"http://{host}:{port}", **keys)
    iam.create_open_id_connect_provider(
        Url=made.issuer, ClientIDList=made.provider.client_ids, ThumbprintList=made.provider.thumbprints
    )
    for policy in (machines.attached[0], machines.boundary):
        iam.create_policy(PolicyName=policy.name, PolicyDocument=json.dumps(policy.documents[0]))
    for role in made.roles.values():
        more: dict[str, Any] = {"PermissionsBoundary": role.boundary.arn} if role.boundary else {}
        tags = [{"Key": key, "Value": value} for key, value in role.tags.items()]
        trust = json.dumps(role.trust)
        iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=trust, Tags=tags, **more)
        for name, inline in role.inline.items():
            iam.put_role_policy(RoleName=role.name, PolicyName=name, PolicyDocument=json.dumps(inline))
        for managed in role.attached:
            iam.attach_role_policy(RoleName=role.name, PolicyArn=managed.arn)
    iam.create_role(RoleName="somebody-elses", AssumeRolePolicyDocument=trust)
    return made


def call(*words: object) -> Result:
    return CliRunner().invoke(app, ["export-aws", *map(str, words)])


@pytest.fixture
def case(cluster: Cluster, tmp_path: Path) -> Path:
    """The bundle and what is no export of IAM."""
    write_files(tmp_path / "case", bundle(cluster) | without(exports(cluster), "exports/(?:iam|oidc)/"))
    return tmp_path / "case"


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the time in which the SDK waits go by a hundred times as fast."""

    class Condition(threading.Condition):
        def wait(self, timeout: float | None = None) -> bool:
            return super().wait(None if timeout is None else timeout / 100)

    clock = SimpleNamespace(time=lambda: time.time() * 100, sleep=lambda seconds: time.sleep(seconds / 100))
    for module in ("endpoint", "retries.bucket"):
        monkeypatch.setattr(f"botocore.{module}.time", clock)
    waits = SimpleNamespace(Lock=threading.Lock, Condition=Condition)
    monkeypatch.setattr("botocore.retries.bucket.threading", waits)


@pytest.mark.usefixtures("fast_clock")
def test_the_roles_of_a_bundle(case: Path, tmp_path: Path, proxy: Proxy, cluster: Cluster) -> None:
    proxy.throttled = {"GetRole": 2, "ListOpenIDConnectProviders": 1}
    out = tmp_path / "out"
    result = call("--for", case, "-o", out)
    assert result.exit_code == 0, result.output
    assert all(action.startswith(("Get", "List")) for action in proxy.actions), proxy.actions
    assert proxy.actions.count("GetRole") == len(cluster.roles) + 2
    assert {path.name for path in out.glob("role-*")} == {f"role-{name}.json" for name in cluster.roles}
    assert not list(out.glob("*.err"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    before, after = analyze([case]), analyze([case, out])
    assert not findings(after, "fail", "warn"), told(after)
    open_links = {link.link for chain in after.chains for link in chain.links if link.state == "unknown"}
    assert open_links <= {"secret"}, told(after)
    assert after.counts.unknown < before.counts.unknown
    assert not [item for item in after.missing if not item.evidence.startswith("secret-value")]


def test_refused_calls_are_evidence(case: Path, tmp_path: Path, proxy: Proxy) -> None:
    proxy.denied = {"GetRolePolicy", "ListOpenIDConnectProviders"}
    out = tmp_path / "out"
    result = call("--for", case, "-o", out)
    assert result.exit_code == 0
    manifest = (out / "MANIFEST.tsv").read_text().splitlines()
    assert {line.split("\t")[0] for line in manifest[3:]} == {"0", "254"}
    report = analyze([case, out])
    (finding,) = [f for f in report.findings if f.rule == "input-denied-call"]
    assert "GetRolePolicy" in finding.message
    assert "ListOpenIDConnectProviders" in finding.message
    assert not named(report, "fail")
    links = {link.link: link.state for link in report.chains[0].links}
    assert (links["permissions"], links["trust"], links["provider"]) == ("unknown", "pass", "unknown")


def test_by_prefix_and_by_tag(tmp_path: Path, proxy: Proxy, cluster: Cluster) -> None:
    assert call("--prefix", "demo-openshift-ingress", "-o", tmp_path / "a").exit_code == 0
    assert [p.name for p in (tmp_path / "a").glob("role-*")] == [
        "role-demo-openshift-ingress-operator-cloud-credentials.json"
    ]
    owned = "openshift.io/cloud-credential-operator/demo=owned"
    assert call("--tag", owned, "-o", tmp_path / "b").exit_code == 0
    assert len(list((tmp_path / "b").glob("role-*"))) == len(cluster.roles)


def test_what_it_cannot_do_it_says(
    case: Path, tmp_path: Path, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("-o", tmp_path / "x").exit_code == 2
    assert call("--prefix", "demo").exit_code == 2
    assert call("--for", case, "-o", case / "x").exit_code == 2
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = call("--prefix", "demo", "-o", tmp_path / "x")
    assert (result.exit_code, "no AWS credentials" in result.stderr) == (2, True)
    assert not (tmp_path / "x").exists(), "a second try would be refused"
