"""The documents themselves: minimal, exact, never wider; and where they may be written."""

from __future__ import annotations

import copy
import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from analyzer import session
from analyzer.cli.app import app
from analyzer.fix.admitted import Wanted
from analyzer.fix.readme import write_readme
from analyzer.fix.trust_document import corrected
from analyzer.frozen import replace
from analyzer.model.joining.credentials import OPENSHIFT_TOKEN
from samples import Cluster
from samples.bundle import write_files
from samples.layouts import pack as archive

from ..e2e.fault import TRUST_FAULT
from ..e2e.faults_in_logs import denied
from ..e2e.layered import OPERATOR_SECRET, albo
from ..e2e.runs import bundle, edited, everything
from ..e2e.test_webhook_chains import SUBJECT, cluster_with_role

HOST = "demo-oidc.s3.us-gov-west-1.amazonaws.com"
PROVIDER = f"arn:aws-us-gov:iam::123456789012:oidc-provider/{HOST}"
OTHER = "arn:aws-us-gov:iam::123456789012:oidc-provider/other.example.com"
NAMES = ("system:serviceaccount:openshift-ingress:a", "system:serviceaccount:openshift-ingress:b")
WANTED = Wanted(PROVIDER, f"https://{HOST}", NAMES, ("openshift",), "123456789012", frozenset({OTHER}))
OURS = WANTED.statement
SUB = f"{HOST}:sub"


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Id": "kept", "Statement": list(statements)}


def test_what_is_right_stays_as_it_is() -> None:
    right = policy(
        OURS, {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    document, notes = corrected(right, WANTED)
    assert document == right
    assert len(notes) == 1


def test_another_issuers_statement_stays_where_its_provider_exists() -> None:
    theirs = copy.deepcopy(OURS) | {"Principal": {"Federated": OTHER}}
    document, _ = corrected(policy(theirs), WANTED)
    assert document["Statement"] == [OURS, theirs]
    gone = copy.deepcopy(OURS) | {"Principal": {"Federated": OTHER.replace("other", "gone")}}
    assert corrected(policy(gone), WANTED)[0]["Statement"] == [OURS]
    unseen = replace(WANTED, all_listed=False)
    assert corrected(policy(gone), unseen)[0]["Statement"] == [OURS, gone]
    elsewhere = copy.deepcopy(OURS) | {"Principal": {"Federated": OTHER.replace("123456789012", "9" * 12)}}
    assert corrected(policy(elsewhere), unseen)[0]["Statement"] == [OURS]


@pytest.mark.parametrize("key", ["aws:CurrentTime", "aws:EpochTime"])
@pytest.mark.parametrize("date", ["2020-01-01T00:00:00Z", "2036-01-01T00:00:00Z"])
def test_a_time_that_is_over_is_left_out(tmp_path: Path, key: str, date: str) -> None:
    cluster = Cluster()
    role = next(role for role in cluster.roles.values() if "ingress" in role.name)
    [statement] = role.trust["Statement"]
    statement["Condition"]["DateLessThan"] = {key: date}
    path = tmp_path / "inputs.tar"
    path.write_bytes(archive(everything(cluster)))
    found = session.fix([path])
    assert [repair.rules for repair in found.repairs] == [("trust-extra-condition",)] * (date < "2030")
    for repair in found.repairs:
        assert "DateLessThan" not in repair.documents[0].text
        assert f"DateLessThan on {key} is left out: its time is over." in "".join(repair.notes)


def test_who_may_use_a_users_role_unseen_is_not_shut_out(tmp_path: Path) -> None:
    path = tmp_path / "inputs.tar"
    path.write_bytes(archive(everything(cluster_with_role("system:serviceaccount:shop:other"))))
    found = session.fix([path])
    (repair,) = [repair for repair in found.repairs if "trust-subject-mismatch" in repair.rules]
    statements = json.loads(repair.documents[0].text)["Statement"]
    conditions = [one["Condition"]["StringEquals"] for one in statements]
    subjects = {key.rpartition(":")[2]: value for key, value in conditions[0].items()}
    assert subjects == {"aud": "sts.amazonaws.com", "sub": [SUBJECT]}
    assert "system:serviceaccount:shop:other" in conditions[1].values()
    assert found.after.exit_code == 0


def test_no_secret_is_offered_that_the_credential_operator_writes_over(tmp_path: Path) -> None:
    cluster = Cluster()
    albo(cluster, role="arn:aws:iam::123456789012:roles/albo", token_path=OPENSHIFT_TOKEN)
    role = copy.deepcopy(cluster.role("openshift-ingress-operator"))
    role.name, role.description = "demo-albo", f"OpenShift role for {OPERATOR_SECRET}"
    cluster.roles[role.name] = role
    path = tmp_path / "inputs.tar"
    path.write_bytes(archive(everything(cluster)))
    found = session.fix([path])
    assert not [r for r in found.repairs if r.key.startswith("secret:")]
    assert "the credential operator writes this Secret" in write_readme(found)


def test_a_limit_that_may_hold_is_kept_and_one_that_cannot_goes() -> None:
    limited = copy.deepcopy(OURS)
    limited["Condition"] = {  # type: ignore[assignment]
        "StringEquals": {SUB: "system:serviceaccount:openshift-ingress:wrong", "sts:ExternalId": "x"},
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
    }
    document, notes = corrected(policy(limited), WANTED)
    (new,) = document["Statement"]  # type: ignore[misc]
    assert new["Condition"]["IpAddress"] == {"aws:SourceIp": "203.0.113.0/24"}
    assert new["Condition"]["StringEquals"] == OURS["Condition"]["StringEquals"]  # type: ignore[index,call-overload]
    assert any("ExternalId" in note for note in notes)
    assert any("wrong" in note for note in notes)


VELERO = "system:serviceaccount:velero:velero"
BLUE = OTHER.partition("oidc-provider/")[2]
DEPLOY = {"AWS": "arn:aws-us-gov:iam::123456789012:role/deploy"}


WEB, AUD = "sts:AssumeRoleWithWebIdentity", f"{HOST}:aud"
OWN, SAML = {"Federated": PROVIDER}, "arn:aws:iam::1:saml-provider/x"


def _allow(principal: Any, condition: Any, *actions: str) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Principal": principal, "Action": list(actions) or WEB}
    return allow | ({"Condition": condition} if condition else {})


def _equal(**values: Any) -> dict[str, Any]:
    return {
        "StringEquals": {{"sub": SUB, "aud": AUD, "blue": f"{BLUE}:sub"}[k]: v for k, v in values.items()}
    }


STAYS = {
    "an account beside the wrong one": (
        _allow(OWN, _equal(sub=[f"{NAMES[0]}x", VELERO], aud="x")),
        _allow(OWN, _equal(sub=[VELERO], aud="x")),
    ),
    "a statement for another account": (
        _allow(OWN, _equal(sub=VELERO, aud="sts.amazonaws.com")),
        _allow(OWN, _equal(sub=VELERO, aud="sts.amazonaws.com")),
    ),
    "another cluster's provider": (
        _allow({"Federated": [PROVIDER, OTHER]}, _equal(blue=NAMES[0])),
        _allow({"Federated": [OTHER]}, _equal(blue=NAMES[0])),
    ),
    "a role, where any ServiceAccount may sign in": (
        _allow(OWN | DEPLOY, None, "sts:AssumeRole", WEB), _allow(DEPLOY, None, "sts:AssumeRole"),
    ),
    "people who sign in by SAML": (
        _allow({"Federated": [PROVIDER, SAML]}, None, "sts:*"), _allow({"Federated": [SAML]}, None, "sts:*"),
    ),
    "nothing, where only a token of this issuer fits": (
        _allow(OWN | DEPLOY, {"StringLike": {SUB: f"{NAMES[0]}x"}}, "sts:*"), None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("broken, stays", STAYS.values(), ids=STAYS)
def test_what_a_replaced_statement_gives_to_others_stays(broken: dict[str, Any], stays: object) -> None:
    document, _ = corrected(policy(broken), WANTED)
    assert document["Statement"] == [OURS, *([stays] if stays else [])]


def test_a_statement_for_people_stays_as_it_is() -> None:
    people = _allow({"Federated": SAML}, {"StringEquals": {"SAML:aud": "x"}}, "sts:AssumeRoleWithSAML")
    document, notes = corrected(policy(people), WANTED)
    assert document["Statement"] == [OURS, people]
    assert not any("replaced" in note for note in notes), notes


def test_whom_another_role_serves_is_not_kept() -> None:
    wanted = replace(WANTED, elsewhere=frozenset({VELERO}))
    wrong = _allow(OWN, _equal(sub=VELERO))
    document, notes = corrected(policy(wrong), wanted)
    assert document["Statement"] == [OURS]
    assert any(VELERO in note for note in notes)


def test_a_deny_is_narrowed_to_all_but_these() -> None:
    deny = {"Effect": "Deny", "Principal": {"Federated": PROVIDER}, "Action": "*"}
    document, notes = corrected(policy(OURS, deny), WANTED)
    assert document["Statement"] == [OURS, deny | {"Condition": {"StringNotEquals": {SUB: list(NAMES)}}}]
    assert "owner" in notes[0]


_SUBJECTS = st.sampled_from(
    [*NAMES, "system:serviceaccount:openshift-ingress:*", "*", "system:serviceaccount:kube-system:x", ""]
)
_STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Principal": st.sampled_from(
            [{"Federated": PROVIDER}, {"Federated": OTHER}, {"AWS": "*"}, "*", {"Federated": ""},
             {"Service": "ec2.amazonaws.com"}, {"Federated": [PROVIDER, OTHER]}]
        ),
        "Action": st.sampled_from(
            ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRole", "sts:*", "*", ["sts:TagSession"], []]
        ),
    },
    optional={
        "Condition": st.dictionaries(
            st.sampled_from(["StringEquals", "StringLike", "StringNotEquals"]),
            st.dictionaries(
                st.sampled_from([SUB, f"{HOST}:aud", f"https://{HOST}:sub", "aws:SourceIp"]),
                st.one_of(_SUBJECTS, st.lists(_SUBJECTS, max_size=3)),
                max_size=2,
            ),
            max_size=2,
        ),
        "Sid": st.just("One"),
    },
)  # fmt: skip
STRANGERS = (
    "system:serviceaccount:kube-system:x",
    "system:serviceaccount:openshift-ingress:c",
    "system:anonymous",
)


@settings(max_examples=80, deadline=None)
@given(st.lists(_STATEMENTS, max_size=4))
def test_nobody_is_let_in_who_was_not_and_was_not_asked_for(statements: list[dict[str, Any]]) -> None:
    before = policy(*statements)
    document, _ = corrected(copy.deepcopy(before), WANTED)
    after = document["Statement"]
    assert isinstance(after, list)
    for stranger in STRANGERS:
        if WANTED.admits(after, stranger) is True:
            assert WANTED.admits(statements, stranger) is not False, stranger
    for name in NAMES:
        assert WANTED.admits(after, name) is not False or any(s["Effect"] == "Deny" for s in statements)
    new = [s for s in after if s not in statements and s["Effect"] == "Allow"]
    assert sum(any(WANTED.admits([s], name) for name in NAMES) for s in new) <= 1
    json.dumps(document)


def test_what_red_hat_publishes_is_left_to_red_hat(tmp_path: Path) -> None:
    issuer = "https://oidc.op1.openshiftapps.com/2abc"
    cluster = Cluster(issuer=issuer)
    cluster.jwks = {"keys": []}
    write_files(tmp_path / "case", everything(cluster))
    result = call(tmp_path / "case", "-o", tmp_path / "out")
    assert "Red Hat publishes" in result.stdout
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["README.md"]


# --- the command ----------------------------------------------------------------------------------


def call(*words: object) -> Result:
    return CliRunner().invoke(app, ["fix", *map(str, words)])


@pytest.fixture
def case(tmp_path: Path) -> Path:
    folder = tmp_path / "case"
    write_files(folder, everything(edited(TRUST_FAULT.edit)))
    return folder


def test_files_are_private_and_nothing_is_overwritten(case: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = call(case, "-o", out)
    assert result.exit_code == 0
    assert "trust-subject-mismatch" in result.stdout
    assert {stat.S_IMODE(p.stat().st_mode) for p in out.rglob("*") if p.is_file()} == {0o600}
    assert {stat.S_IMODE(p.stat().st_mode) for p in [out, *out.iterdir()] if p.is_dir()} == {0o700}
    assert (out / "README.md").exists()
    again = call(case, "-o", out)
    assert (again.exit_code, "not an empty folder" in again.stderr) == (2, True)


def test_not_into_an_input_and_not_through_a_link(case: Path, tmp_path: Path) -> None:
    assert call(case, "-o", case / "out").exit_code == 2
    assert not (case / "out").exists()
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / "link").symlink_to(target)
    assert call(case, "-o", tmp_path / "link").exit_code == 2
    assert list(target.iterdir()) == []
    assert call("-o", tmp_path / "x").exit_code == 2
    assert call(case).exit_code == 2


def test_what_is_not_known_is_said_and_no_placeholder_is_written(tmp_path: Path) -> None:
    cluster = Cluster()
    cluster.secrets["openshift-ingress-operator", "cloud-credentials"].data = {"wrong": b"x"}
    write_files(tmp_path / "case", bundle(cluster))
    out = tmp_path / "out"
    result = call(tmp_path / "case", "-o", out)
    assert result.exit_code == 1
    assert "hand in an export of the account's roles" in result.stdout
    assert [p.name for p in out.iterdir()] == ["README.md"]
    assert "<" not in (out / "README.md").read_text().replace("\\<", "").replace("<N", "")


@pytest.mark.parametrize("owned", [True, False])
def test_what_reads_a_secret_is_restarted_by_what_made_it(tmp_path: Path, owned: bool) -> None:
    """The pods of a gather are gone some days later."""
    cluster = Cluster()
    cluster.secrets["openshift-ingress-operator", "cloud-credentials"].data = {"wrong": b"x"}
    files = everything(cluster)
    if not owned:
        files = {path: data.replace(b"ownerReferences", b"none") for path, data in files.items()}
    write_files(tmp_path / "case", files)
    (repair,) = session.fix([tmp_path / "case"]).repairs
    (restart,) = (step.command for step in repair.apply[1:])
    began = "rollout restart deployment/ingress-operator" if owned else "delete pod ingress-operator-"
    assert restart.startswith(f"oc -n openshift-ingress-operator {began}")


def test_symptoms_without_a_proven_cause_are_not_nothing(tmp_path: Path) -> None:
    write_files(tmp_path / "case", dict(bundle(edited(denied))))
    result = CliRunner().invoke(app, ["fix", str(tmp_path / "case"), "-o", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "what fails are symptoms, and no cause is proven" in result.output


@pytest.mark.parametrize("edit", [None, TRUST_FAULT.edit])
def test_a_healthy_cluster_gets_no_repair_and_is_told_so(tmp_path: Path, edit: Any) -> None:
    cluster = edited(edit) if edit else Cluster()
    write_files(tmp_path / "case", dict(everything(cluster)))
    result = CliRunner().invoke(app, ["fix", str(tmp_path / "case"), "-o", str(tmp_path / "out")])
    told = "Nothing to mend: no check fails."
    assert result.exit_code == 0, result.output
    assert (told in result.output, told in (tmp_path / "out/README.md").read_text()) == (not edit, not edit)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["README.md"] or edit


def test_nothing_in_a_readme_is_a_link() -> None:
    text = write_readme(session.fix([Path("samples/trust-wrong-service-account")]))
    plain = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    assert "https://" in text
    assert "://" not in plain
