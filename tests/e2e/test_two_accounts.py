"""Exports of two accounts: an answer that names no account is not taken for the roles' own."""

import pytest

from samples import Cluster
from samples.aws import Provider
from samples.yamlout import aws_json

from .layered import OPERATOR_SECRET, albo
from .runs import Bench, bundle, everything, exports, findings, flips, named, told, used, without

OTHER = "444455556666"


def _files(*, own_lists: bool) -> dict[str, bytes]:
    """The issuer's provider is in another account alone; both accounts were exported."""
    cluster = Cluster()
    theirs = Provider(cluster.provider.url, OTHER, client_ids=["sts.amazonaws.com"])
    cluster.providers = [Provider("staging-oidc.s3.us-east-2.amazonaws.com", cluster.account)]
    listed = {"OpenIDConnectProviderList": [{"Arn": theirs.arn}]}
    caller = {"UserId": "AIDAEXAMPLE", "Account": OTHER, "Arn": f"arn:aws:iam::{OTHER}:user/support"}
    answer = {"Url": theirs.url, "ClientIDList": theirs.client_ids, "ThumbprintList": []}
    files = everything(cluster) | {
        "exports/other/caller.json": aws_json(caller),
        "exports/other/get-oidc.json": aws_json(answer),
        "exports/other/list-oidc.json": aws_json(listed),
    }
    return files if own_lists else without(files, r"exports/.*/list-o")


def test_the_provider_of_the_other_account_is_not_the_roles(bench: Bench) -> None:
    report = bench.report(_files(own_lists=True))
    assert named(report, "fail") == {"provider-account-mismatch"}, told(report)


def test_without_the_listings_nothing_tells_whose_it_is(bench: Bench) -> None:
    report = bench.report(_files(own_lists=False))
    assert not named(report, "fail"), told(report)
    for chain in used(report):
        assert next(link.state for link in chain.links if link.link == "provider") == "unknown", told(report)
    assert "oidc-providers" in {item.evidence for item in report.missing}


def test_an_empty_listing_of_one_of_two_accounts_proves_nothing_of_the_other(bench: Bench) -> None:
    files = without(_files(own_lists=False), r"exports/other/get-oidc|exports/oidc/") | {
        "exports/other/list-oidc.json": aws_json({"OpenIDConnectProviderList": []})
    }
    assert not named(bench.report(files), "fail")


@pytest.mark.parametrize(
    "folder, state", [("123456789012", "pass"), (OTHER, "unknown"), ("202403121030", "pass")]
)
def test_the_path_may_tell_the_account(bench: Bench, folder: str, state: str) -> None:
    files = without(everything(Cluster()), r"exports/oidc/")
    cluster = Cluster()
    answer = {"Url": cluster.provider.url, "ClientIDList": cluster.provider.client_ids, "ThumbprintList": []}
    report = bench.report(files | {f"exports/{folder}/get-oidc.json": aws_json(answer)})
    states = {link.state for chain in report.chains for link in chain.links if link.link == "provider"}
    assert states == {state}, told(report)


def test_where_the_roles_are_not_known_the_other_accounts_provider_is_not_theirs(bench: Bench) -> None:
    files = without(_files(own_lists=True), r"exports/iam/(?!get-caller)|exports/oidc/")
    report = bench.report(files)
    assert not named(report, "fail", "warn"), told(report)
    states = {link.state for chain in used(report) for link in chain.links if link.link == "provider"}
    assert states == {"unknown"}, told(report)


def test_the_partition_of_a_trusted_provider_is_told_by_the_role(bench: Bench) -> None:
    cluster = Cluster()
    principal = cluster.role("openshift-ingress-operator").trust["Statement"][0]["Principal"]
    principal["Federated"] = cluster.provider.arn.replace("arn:aws:", "arn:aws-us-gov:")
    files = without(everything(cluster), "infrastructures")
    assert named(bench.report(files), "fail") == {"trust-provider-mismatch"}


def test_an_answer_is_of_the_account_whose_listing_lies_beside_it(bench: Bench) -> None:
    """Both accounts have a provider for the issuer, the other's without the operators' audience."""
    cluster = Cluster()
    other = {path: body for path, body in _files(own_lists=True).items() if path.startswith("exports/other/")}
    files = everything(cluster) | without(other, "list-oidc")
    assert not named(bench.report(files), "fail", "warn")
    hidden = bench.report(without(files, r"exports/oidc/get"))
    assert not named(hidden, "fail", "warn"), told(hidden)


def test_a_provider_in_both_accounts_is_in_the_roles_own(bench: Bench) -> None:
    """A cluster was moved from an account, or the provider was made in the wrong one first."""
    cluster = Cluster()
    files = everything(cluster, secrets="full")
    files |= {p: body for p, body in _files(own_lists=True).items() if p.startswith("exports/other/")}
    report = bench.report(files)
    assert {c.verdict.state for c in used(report)} == {"pass"}, told(report)
    # the other's listing alone does not tell that their own account has none
    hidden = bench.report(without(files, r"exports/oidc/"))
    assert not named(hidden, "fail"), told(hidden)
    assert named(hidden, "warn") == {"provider-account-mismatch"}, told(hidden)


def test_where_one_roles_account_has_a_provider_too_nothing_passes(bench: Bench) -> None:
    """With that account's listing hidden, the Secret is said to name a role of another account."""
    cluster = Cluster()
    role = cluster.role("openshift-ingress-operator")
    role.account = OTHER
    cluster.set_role_arn("openshift-ingress-operator", "cloud-credentials", role.arn)
    files = everything(cluster, secrets="full")
    both = files | {p: b for p, b in _files(own_lists=True).items() if p.startswith("exports/other/")}
    assert not flips(bench.report(both), bench.report(files))
    assert named(bench.report(files), "fail") == {"secret-account-mismatch"}


def test_a_role_of_another_account_is_one_cause(bench: Bench) -> None:
    cluster = Cluster()
    role = cluster.role("openshift-ingress-operator")
    role.account = OTHER
    cluster.set_role_arn("openshift-ingress-operator", "cloud-credentials", role.arn)
    report = bench.report(everything(cluster, secrets="full"))
    assert named(report, "fail", "warn") == {"secret-account-mismatch"}, told(report)
    assert named(bench.report(everything(cluster)), "fail") == {"trust-provider-mismatch"}


def _operator_of_another_account() -> dict[str, bytes]:
    cluster = Cluster()
    albo(cluster, role=f"arn:aws:iam::{OTHER}:role/albo")
    return everything(cluster)


def test_a_role_that_a_user_gave_is_asked_for_in_its_own_account(bench: Bench) -> None:
    """The provider of the cluster's account is not the one that STS looks for there."""
    report = bench.report(_operator_of_another_account())
    states = {c.id: link.state for c in used(report) for link in c.links if link.link == "provider"}
    assert states.pop(OPERATOR_SECRET) == "unknown", told(report)
    assert set(states.values()) == {"pass"}
    assert not named(report, "fail"), told(report)


def test_its_account_has_none_where_its_own_listing_says_so(bench: Bench) -> None:
    listed = {"OpenIDConnectProviderList": [{"Arn": f"arn:aws:iam::{OTHER}:oidc-provider/else.example.com"}]}
    files = _operator_of_another_account() | {"exports/other/list-oidc.json": aws_json(listed)}
    report = bench.report(files)
    assert named(report, "fail") == {"provider-account-mismatch"}, told(report)
    assert {c.id for c in report.chains if c.verdict.state == "fail"} == {OPERATOR_SECRET}


@pytest.mark.parametrize("hidden", ["", "exports/iam/(?!get-caller)"])
def test_what_no_role_finds_in_its_account_is_told_once_of_the_provider(bench: Bench, hidden: str) -> None:
    """The Secrets are as they should be: their account alone has none, and each list shows its part."""
    cluster = Cluster()
    files = _files(own_lists=True)
    readable = bundle(cluster, secrets="full") | {p: b for p, b in files.items() if p.startswith("exports/")}
    report = bench.report(without(readable, hidden) if hidden else readable)
    assert named(report, "fail") == {"provider-account-mismatch"}, told(report)
    assert {c.verdict.rule for c in used(report)} == {"provider-account-mismatch"}
    proof = {e.role: e.file for e in findings(report, "fail")[0].evidence}
    assert proof["where the provider is"] != proof["that the roles' account has none"], proof


def _listed_elsewhere(cluster: Cluster, **options: str) -> dict[str, bytes]:
    """The provider was listed in another account alone; nothing lists the roles' own."""
    theirs = {"OpenIDConnectProviderList": [{"Arn": Provider(cluster.provider.url, OTHER).arn}]}
    files = without(everything(cluster, **options), r"exports/oidc/")
    return files | {"exports/other/list-oidc.json": aws_json(theirs)}


def test_no_repair_writes_the_arn_that_is_at_fault(bench: Bench) -> None:
    """The role was made for the request, and the provider elsewhere: the Secret is as ccoctl wrote it."""
    cluster = Cluster()
    role = cluster.role("openshift-ingress-operator")
    role.account = OTHER
    cluster.set_role_arn("openshift-ingress-operator", "cloud-credentials", role.arn)
    report = bench.report(everything(cluster, secrets="full"))
    found = next(f for f in report.findings if f.rule == "secret-account-mismatch" and f.state == "fail")
    assert not [fix for fix in found.fix if "role_arn" in (fix.command or "")], found.fix
    assert f"credentials of account {OTHER}" in found.fix[0].text
    assert "create-open-id-connect-provider" in (found.fix[0].command or "")


@pytest.mark.parametrize("secrets", ["elided", "full"])
def test_what_another_account_has_is_a_warning_while_the_roles_own_is_not_listed(
    bench: Bench, secrets: str
) -> None:
    """It may have a provider as well: nobody looked."""
    report = bench.report(_listed_elsewhere(Cluster(), secrets=secrets))
    assert not named(report, "fail"), told(report)
    assert named(report, "warn") == {"provider-account-mismatch"}, told(report)
    (asked,) = [item for item in report.missing if item.evidence == "oidc-providers"]
    assert f"account {OTHER} has a provider for the issuer" in asked.why


def test_exports_of_another_account_than_the_secrets_are_told_of(bench: Bench) -> None:
    """What was handed in is not said to be missing, but to be another account's."""
    cluster = Cluster()
    exported = exports(cluster)
    for secret in cluster.secrets.values():
        for key, value in secret.data.items():
            secret.data[key] = value.replace(cluster.account.encode(), OTHER.encode())
    report = bench.report(bundle(cluster, secrets="full") | exported)
    why = {item.evidence.partition(":")[0]: item.why for item in report.missing}
    assert f"account {cluster.account} has a provider for the issuer" in why["oidc-providers"]
    assert f"the roles are in account {OTHER}, and {cluster.account} was exported" in why["role"]


def test_a_run_against_the_wrong_account_is_said_with_what_lacks(bench: Bench) -> None:
    """Nothing of another cluster's account fits the roles that the Secrets name."""
    other = Cluster(name="shops", account=OTHER)
    report = bench.report(bundle(Cluster(), secrets="full") | without(exports(other), r"/issuer/"))
    assert not {f.rule for f in report.findings if f.state == "fail"} - {"input-mixed-clusters"}, told(report)
    asked = {item.evidence.partition(":")[0]: item.why for item in report.missing}
    for evidence in ("oidc-providers", "oidc-provider", "role"):
        assert f"and {OTHER} was exported" in asked[evidence], asked


NO_SUCH = "\nAn error occurred (NoSuchEntity) when calling the {} operation: {}\n"
DENIED = (
    "\nAn error occurred (AccessDenied) when calling the GetAccountAuthorizationDetails operation: "
    f"User: arn:aws:sts::{OTHER}:assumed-role/support/x is not authorized to perform: "
    "iam:GetAccountAuthorizationDetails on resource: *\n"
)


def _asked_elsewhere(**exported: bytes) -> dict[str, bytes]:
    """A healthy cluster whose exports were made with credentials of another account: they name none."""
    cluster = Cluster()
    files = bundle(cluster, secrets="full") | exports(cluster, parts=("issuer",))
    gone = {
        f"answers/get-role-{name}.json": NO_SUCH.format(
            "GetRole", f"The role with name {name} cannot be found."
        ).encode()
        for name in cluster.roles
    }
    provider = NO_SUCH.format(
        "GetOpenIDConnectProvider", f"OpenIDConnect Provider not found for arn {cluster.provider.arn}"
    )
    listed = {"answers/list-oidc.json": aws_json({"OpenIDConnectProviderList": []})}
    own = {f"answers/{name}.json": content for name, content in exported.items()}
    return files | gone | listed | {"answers/get-oidc.json": provider.encode()} | own


def _roles_of_the_other_account() -> bytes:
    there = exports(Cluster(account=OTHER, name="staging", infra_name="staging-9x2lm"), details=True)
    return there["exports/iam/get-account-authorization-details.json"]


@pytest.mark.parametrize(
    "exported",
    [
        {"caller": aws_json({"UserId": "A", "Account": OTHER, "Arn": f"arn:aws:iam::{OTHER}:user/x"})},
        {"roles": DENIED.encode()},
        {"roles": _roles_of_the_other_account()},
    ],
    ids=["caller", "denied", "roles"],
)
def test_what_another_account_lacks_is_not_lacking_here(bench: Bench, exported: dict[str, bytes]) -> None:
    report = bench.report(_asked_elsewhere(**exported))
    assert not named(report, "fail", "warn"), told(report)
    assert {c.verdict.state for c in used(report)} == {"unknown"}, told(report)
    assert named(bench.report(_asked_elsewhere()), "fail") == {"provider-missing", "trust-role-missing"}


def test_it_counts_where_the_caller_is_of_the_account(bench: Bench) -> None:
    caller = {"UserId": "A", "Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/x"}
    report = bench.report(_asked_elsewhere(caller=aws_json(caller)))
    assert named(report, "fail") == {"provider-missing", "trust-role-missing"}, told(report)
