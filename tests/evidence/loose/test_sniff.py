from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.evidence.loose.sniff import read_loose
from analyzer.evidence.public_keys import kid_of_jwk
from analyzer.evidence.records import (
    DiscoveryDocument,
    FailedCall,
    K8sObject,
    KeySet,
    ProviderRecord,
    PublicKey,
    RoleRecord,
)
from tests.data import DATA
from tests.evidence.material import jwk, pem, read, role, token

SEEDS = [
    json.dumps({"Roles": [role()], "IsTruncated": True}),
    json.dumps({"keys": [jwk()]}),
    token(),
    pem(),
    "HTTP/1.1 301 X\r\nLocation: y\r\n\r\nHTTP/2 403 \r\n\r\n<Error><Code>X</Code></Error>",
    "< HTTP/1.1 200 OK\n{}\n",
    "An error occurred (X) when calling the Y operation: z\n{\n}\n",
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n---\na: [\n",
    "curl: (22) The requested URL returned error: 403",
]
NAMES = ["x", "token", "keys.json", "openid-configuration", "a/b.yaml", "", "/"]


@given(st.binary(max_size=2000), st.sampled_from(NAMES))
@settings(max_examples=150, deadline=None)
def test_it_never_raises_on_bytes(data: bytes, name: str) -> None:
    read_loose("i", name, data)


@given(st.sampled_from(SEEDS), st.sampled_from(NAMES), st.data())
@settings(max_examples=200, deadline=None)
def test_it_never_raises_on_damaged_evidence(seed: str, name: str, data: st.DataObject) -> None:
    raw = seed.encode()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    found = read_loose("i", name, raw[:start] + data.draw(st.binary(max_size=30)) + raw[end:])
    assert token().split(".")[2][:60] not in repr(found)


def test_a_short_log_is_no_call_that_was_not_answered() -> None:
    said = b"2024-05-14T08:00:00Z botocore.exceptions.NoCredentialsError: Unable to locate credentials\n"
    assert read_loose("i", "openshift-ingress-operator.log", said).note is None


_WORDS = (
    "Role Roles RoleName Arn AssumeRolePolicyDocument Policies Policy PolicyVersion Versions Tags Url "
    "RoleDetailList RolePolicyList AttachedPolicies AttachedManagedPolicies PolicyNames PolicyArn UserId "
    "PermissionsBoundary ClientIDList ThumbprintList OpenIDConnectProviderList Error Code Operation n e "
    "Account keys kty kid issuer jwks_uri apiVersion kind items metadata status token"
)
KEYS = _WORDS.split()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_it_never_raises_on_values_of_any_type(value: object) -> None:
    found = read_loose("i", "x.json", json.dumps(value).encode())
    for record in found.records:
        assert record.where.line >= 1  # type: ignore[attr-defined]
        assert isinstance(record.where.excerpt, str)  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("form", ["json", "yaml", "token", "pem"])
def test_encodings_that_windows_writes(encoding: str, form: str) -> None:
    text = {
        "json": json.dumps({"Role": role()}, indent=4),
        "yaml": "apiVersion: v1\nkind: Secret\n",
        "token": token(),
        "pem": pem(),
    }[form]
    assert len(read("x.txt", text.encode(encoding)).records) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 5000,
        b"\x1f\x8b\x08" + bytes(100),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"plain words\n" * 10,
        b"[default]\nregion = x\n",
        b"[2026-01-01] a log line\n",
        b"{{ template }}",
        b'{"resources": [], "version": 4}',
        b"key: value\n",
        b"# Markdown\n\nRole: x\n",
        b"# Notes\n\nWhat was seen: this\nkind: and: that\n",
        b'{"level":"info","msg":"x"}\n' * 5 + b'{"level":',
    ],
)
def test_anything_else_is_not_relevant_and_no_problem(data: bytes) -> None:
    found = read("some/file", data)
    assert (found.records, found.problem) == ((), None)


@pytest.mark.parametrize(
    "data",
    [
        b'{"Role":' * 50_000,
        b'{"keys":' + b"[" * 100_000,
        b"apiVersion: v1\nkind: " + b"[" * 50_000,
        b"HTTP/1.1 200 OK\r\n\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\n" * 100_000,
        b"< HTTP/1.1 200 OK\n" * 50_000,
        b"-----BEGIN PUBLIC KEY-----\n" * 30_000,
        b"-----BEGIN PUBLIC KEY-----\n" + b"A" * 2_000_000 + b"\n-----END PUBLIC KEY-----\n",
        b"eyJ" + b"A" * 60_000,
        b"eyJh." * 12_000,
        b"Bearer " * 9_000,
        b" " * 2_000_000 + b"x",
        b"\n" * 2_000_000 + b"{",
        b"An error occurred (X) when calling the Y operation: z\n" * 40_000,
        b"{\n" * 300_000,
        b'"kty" {"d":' + b'"d":"' * 200_000,
        b'{"kty":"RSA","d":"' + b'\\"d\\":\\"' * 200_000,
        b"<Error><Code>" * 100_000,
        b"curl: (" * 100_000,
        b"a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nRoles: [" + b"*b," * 100_000,
        json.dumps([{"PolicyArn": "x"}] * 100_000).encode(),
        json.dumps({"Roles": [{"Arn": "a:b:c:d:e:role/x"}] * 10_000}).encode(),
        b'{"apiVersion":"v1","kind":"Secret"}\n' * 10_000,
        b"---\napiVersion: v1\nkind: x\n" * 4_000,
    ],
    ids=range(24),
)
@pytest.mark.timeout(60)  # what takes quadratic time does not end in it
def test_hostile_files_cost_little(data: bytes) -> None:
    for name in ("x", "token", "keys.json"):
        read_loose("i", name, data)


@pytest.mark.timeout(20)  # what takes quadratic time does not end in it
def test_hundreds_of_irrelevant_files_cost_little() -> None:
    log = b"2026-01-01T00:00:00.000000000Z I0101 00:00:00.000000 1 main.go:1] something (happened)\n" * 2000
    for number in range(200):
        assert read_loose("i", f"{number}.log", log).what == "not relevant"


@pytest.mark.shared
class TestSharedSamples:
    def test_every_sample_of_the_cli_is_read(self) -> None:
        unread = set()
        for file in sorted((DATA / "iam-export-samples").iterdir()):
            found = read_loose("i", file.name, file.read_bytes())
            assert found.problem is None, file.name
            if not found.records:
                unread.add((file.name, found.note is not None))
        assert unread == {
            ("README.md", False),
            ("get-credential-report.json", True),
        }

    def test_the_saved_error(self) -> None:
        file = DATA / "iam-export-samples" / "get-role.error.txt"
        (call,) = read_loose("i", file.name, file.read_bytes()).records
        assert isinstance(call, FailedCall)
        assert (call.code, call.subject) == ("NoSuchEntity", "nope")

    def test_a_dry_run(self) -> None:
        records = []
        folder = DATA / "ccoctl-dryrun-rendered"
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                found = read_loose("i", str(file.relative_to(folder)), file.read_bytes())
                assert found.problem is None, file.name
                records += found.records
        roles = [record for record in records if isinstance(record, RoleRecord)]
        assert len(roles) == 12
        assert all(record.planned for record in roles)
        assert all(r.planned for r in records if isinstance(r, DiscoveryDocument | KeySet | ProviderRecord))
        assert (
            sorted(r.kind for r in records if isinstance(r, K8sObject)) == ["Authentication"] + ["Secret"] * 6
        )
        (public,) = (record for record in records if isinstance(record, PublicKey))
        (keys,) = (record for record in records if isinstance(record, KeySet))
        assert public.kid == kid_of_jwk(keys.keys[0]) == keys.keys[0]["kid"]

    def test_a_hosted_control_plane(self) -> None:
        file = DATA / "must-gather" / "hostedcontrolplane-sample-aws-sts.yaml"
        (found,) = read_loose("i", file.name, file.read_bytes()).records
        assert isinstance(found, K8sObject)
        assert (found.kind, found.group, found.name) == (
            "HostedControlPlane",
            "hypershift.openshift.io",
            "foo",
        )
