"""What `oc get secret … | base64 -d` prints is used however it comes back: below its command, as a file."""

from __future__ import annotations

import base64
import json

import pytest

from analyzer.findings.report import Report
from samples import Cluster

from .runs import INGRESS, READ_ONLY, REGISTRY, Bench, Files, bundle, everything, told

ASK = "[jane@bastion ~]$ oc -n {} get secret {} -o jsonpath='{{.data.credentials}}' | base64 -d\n"


def values(cluster: Cluster) -> dict[str, str]:
    """Give the text of each operator's Secret."""
    found = {
        f"{where[0]}/{where[1]}": secret.data.get("credentials") for where, secret in cluster.secrets.items()
    }
    return {name: data.decode() for name, data in found.items() if data and "configuration" not in name}


def below_commands(texts: dict[str, str]) -> Files:
    pasted = "".join(ASK.format(*name.split("/")) + text + "\n" for name, text in texts.items())
    return {"paste.txt": pasted.encode()}


def quoted_in_a_mail(texts: dict[str, str]) -> Files:
    [(_, pasted)] = below_commands(texts).items()
    return {"mail": b"Hi,\nhere they are.\n\n" + b"".join(b"> " + line for line in pasted.splitlines(True))}


def named_files(texts: dict[str, str]) -> Files:
    return {f"secret-{name.replace('/', '-')}.txt": f"{text}\n".encode() for name, text in texts.items()}


def with_dos_line_ends(texts: dict[str, str]) -> Files:
    return {name: text.replace(b"\n", b"\r\n") for name, text in named_files(texts).items()}


def secret_links(report: Report) -> set[str]:
    return {
        link.state
        for chain in report.chains
        if chain.id != READ_ONLY
        for link in chain.links
        if link.link == "secret"
    }


@pytest.mark.parametrize("handed_in", [below_commands, quoted_in_a_mail, named_files, with_dos_line_ends])
def test_the_values_close_what_the_lengths_leave_open(bench: Bench, handed_in) -> None:  # type: ignore[no-untyped-def]
    cluster = Cluster()
    report = bench.report(everything(cluster) | handed_in(values(cluster)))
    assert secret_links(report) == {"pass"}
    assert {c.verdict.state for c in report.chains if c.id != READ_ONLY} == {"pass"}
    assert not [m.evidence for m in report.missing if m.evidence.startswith("secret-value")]


def test_a_bare_value_is_of_the_only_secret_with_its_length(bench: Bench) -> None:
    cluster = Cluster()
    report = bench.report(bundle(cluster) | {"1": values(cluster)[REGISTRY].encode()})
    assert {c.id for c in report.chains if c.role_arn.how == "secret"} == {REGISTRY}


def test_a_bare_value_whose_length_two_have_is_given_to_neither(bench: Bench) -> None:
    cluster = Cluster()
    for where in (INGRESS, REGISTRY):
        cluster.set_role_arn(*where.split("/"), "arn:aws:iam::123456789012:role/same")
    report = bench.report(bundle(cluster) | {"1": values(cluster)[REGISTRY].encode()})
    assert not [c.id for c in report.chains if c.role_arn.how == "secret"]
    [input_] = report.inputs
    assert any("keep the command above it" in warning for warning in input_.warnings)


def test_a_wrong_role_in_a_pasted_value_is_found_where_the_value_stands(bench: Bench) -> None:
    cluster = Cluster()
    wrong = "arn:aws:iam::123456789012:role/demo-openshift-image-registry-installer-cloud-credentials"
    cluster.set_role_arn(*INGRESS.split("/"), wrong)
    report = bench.report(everything(cluster) | below_commands({INGRESS: values(cluster)[INGRESS]}))
    assert "secret" in {f.link for f in report.findings if f.state == "fail" and INGRESS in f.chains}
    chain = next(c for c in report.chains if c.id == INGRESS)
    assert (chain.role_arn.value, chain.role_arn.how) == (wrong, "secret")


def test_a_value_of_another_length_is_not_taken_and_said(bench: Bench) -> None:
    cluster = Cluster()
    text = values(cluster)[REGISTRY].replace("role/", "role/some/longer/path/")
    report = bench.report(bundle(cluster) | below_commands({REGISTRY: text}))
    assert secret_links(report) == {"unknown"}
    assert not [f for f in report.findings if f.state == "fail"]
    [input_] = report.inputs
    assert any(f"not the length of Secret {REGISTRY}" in warning for warning in input_.warnings)


def test_part_of_a_value_is_no_broken_one(bench: Bench) -> None:
    cluster = Cluster()
    line = next(line for line in values(cluster)[INGRESS].splitlines() if line.startswith("role_arn"))
    report = bench.report(bundle(cluster) | below_commands({INGRESS: line}))
    assert secret_links(report) == {"unknown"}
    assert not [f for f in report.findings if f.state == "fail"]


@pytest.mark.parametrize(
    "text",
    [
        "[default]\naws_access_key_id = AKIA{}\naws_secret_access_key = {}\n",
        "export AWS_ACCESS_KEY_ID=AKIA{}\nexport AWS_SECRET_ACCESS_KEY={}\n",
        "> aws_access_key_id: AKIA{}\n> aws_secret_access_key: {}\n",
    ],
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_a_long_lived_key_in_a_text_is_noted_and_not_shown(bench: Bench, text: str, coding: str) -> None:
    key = "uM7" + "k9Qz" * 9 + "x"
    content = text.format("Q" * 16, key).encode(coding)
    report = bench.report(bundle(Cluster()) | {"notes": content})
    [found] = [f for f in report.findings if f.rule == "input-live-secret"]
    assert "notes" in found.message
    assert key not in repr(report)


def test_the_keys_of_documentation_are_none(bench: Bench) -> None:
    text = b"aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    report = bench.report(bundle(Cluster()) | {"notes": text})
    assert not [f for f in report.findings if f.rule == "input-live-secret"]


def test_a_manifest_that_is_not_the_clusters_value_is_said(bench: Bench) -> None:
    cluster, other = Cluster(), Cluster()
    other.set_role_arn(
        "openshift-ingress-operator", "cloud-credentials", "arn:aws:iam::123456789012:role/other"
    )

    def handed(one: Cluster) -> Files:
        data = base64.b64encode(values(one)[INGRESS].encode()).decode()
        secret = {"apiVersion": "v1", "kind": "Secret", "data": {"credentials": data},
                  "metadata": {"namespace": INGRESS.split("/")[0], "name": "cloud-credentials"}}  # fmt: skip
        return {"new-secret.json": json.dumps(secret).encode()}

    def notes(one: Cluster) -> str:
        report = bench.report(bundle(cluster) | handed(one))
        return " ".join(w for i in report.inputs for w in map(str, i.warnings)) + str(report.notices)

    assert f"Secret {INGRESS}, not used: its credentials value has " in notes(other)
    assert "not used: its credentials" not in notes(cluster)


def test_a_token_made_as_asked_for_on_a_later_day_is_not_held_against_the_cluster(bench: Bench) -> None:
    cluster = Cluster()
    made = int(cluster.gathered.timestamp()) + 86_400
    asked = cluster.token(
        "openshift-ingress-operator", "ingress-operator", iat=made, nbf=made, exp=made + 600
    )
    report = bench.report(everything(cluster) | {"token.txt": asked.encode()})
    assert not [f for f in report.findings if f.rule == "token-not-yet-valid"], told(report)
    pod = cluster.token("openshift-ingress-operator", "ingress-operator", iat=made, nbf=made, exp=made + 3600)
    report = bench.report(everything(cluster) | {"token.txt": pod.encode()})
    assert [f.state for f in report.findings if f.rule == "token-not-yet-valid"] == ["fail"], told(report)
