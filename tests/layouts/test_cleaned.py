"""Cleaned bundles and exports: the same verdict where the evidence survives, unknown where not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.masks.translation import read_report
from analyzer.findings.report import Report
from samples import Cluster
from samples.aws import sts_credentials
from samples.cleaning import Cleaner, masked_accounts
from samples.layouts import must_gather

from .conftest import Analyse, Files, fingerprints, rules, verdicts
from .test_layouts import exports, no_provider

DOMAINS = ("amazonaws.com", "example.com")
MASKS = ("XXXXXXXXXXXX", "REDACTED", "***", "<account-id>", "xxxxxxxxxxxx")


def healthy(cluster: Cluster) -> None:
    """Break nothing."""


def wrong_subject(cluster: Cluster) -> None:
    for role in cluster.roles.values():
        if "ingress" in role.name:
            text = str(role.trust).replace("ingress-operator:ingress-operator", "ingress-operator:other")
            role.trust = eval(text)  # noqa: S307 - our own literal


FAULTS = (healthy, no_provider, wrong_subject)


def top_of(files: Files) -> str:
    return next(iter(files)).partition("/")[0]


def with_ingress_secret(cluster: Cluster, **values: dict[str, str]) -> Files:
    """Give bundle and exports with the ingress operator's Secret as a manifest, in place of the bundle's."""
    metadata = {"name": "cloud-credentials", "namespace": "openshift-ingress-operator"}
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **values}
    files = must_gather(cluster) | exports(cluster)
    kept = {
        path: data for path, data in files.items() if "openshift-ingress-operator/core/secrets" not in path
    }
    return kept | {"secret.json": json.dumps(manifest).encode()}


def flips(before: Report, after: Report) -> list[tuple[str, str, str]]:
    """Give the checks that turned from pass to fail, or from fail to pass."""

    def states(report: Report) -> dict[tuple[str, str], str]:
        return {(c.id, k.rule): k.state for c in report.chains for li in c.links for k in li.checks}

    old, new = states(before), states(after)
    return [(*key, new[key]) for key in old.keys() & new.keys() if {old[key], new[key]} == {"pass", "fail"}]


@pytest.mark.parametrize("fault", FAULTS)
def test_the_default_configuration(look: Analyse, fault: Callable[[Cluster], None]) -> None:
    cluster = Cluster()
    fault(cluster)
    bundle, given = must_gather(cluster), exports(cluster)
    before = look(bundle | given)
    after = look(Cleaner().clean(bundle, top_of(bundle)) | given)
    assert fingerprints(after, "fail") == fingerprints(before, "fail")
    assert not flips(before, after)
    assert after.inputs[0].cleaned
    (said,) = [f for f in after.findings if f.rule == "input-cleaned"]
    assert "without Secrets and ConfigMaps" in said.message


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("whole", [False, True], ids=["domain0000001", "domain0000000001"])
def test_masked_domains_are_not_compared(
    look: Analyse, fault: Callable[[Cluster], None], whole: bool
) -> None:
    cluster = Cluster()
    fault(cluster)
    bundle, given = must_gather(cluster), exports(cluster)
    before = look(bundle | given)
    cleaner = Cleaner(*DOMAINS, whole_domains=whole)
    cleaned = cleaner.clean(bundle, top_of(bundle))
    without = look(cleaned | given)
    assert not rules(without, "fail")
    assert not flips(before, without)
    again = look(cleaned | given | {"from-the-owner": cleaner.report()})
    assert fingerprints(again, "fail") == fingerprints(before, "fail")
    assert not flips(before, again)


def test_the_mark_is_not_needed(look: Analyse) -> None:
    bundle = must_gather(Cluster())
    cleaned = Cleaner(*DOMAINS).clean(bundle, top_of(bundle))
    report = look({path: data for path, data in cleaned.items() if "watermark" not in path})
    assert report.inputs[0].cleaned


@pytest.mark.parametrize("mask", MASKS)
def test_masked_accounts(look: Analyse, mask: str) -> None:
    cluster = Cluster()
    bundle, given = must_gather(cluster), exports(cluster)
    report = look(bundle | masked_accounts(given, cluster.account, mask))
    assert not rules(report, "fail", "warn")
    assert "input-cleaned" in rules(report, "info")
    assert not flips(look(bundle | given), report)


# An account in angle brackets is a placeholder that nobody filled in, which has a finding of its own.
@pytest.mark.parametrize("mask", [mask for mask in MASKS if "<" not in mask])
def test_a_fault_beside_masked_accounts_is_still_proved(look: Analyse, mask: str) -> None:
    cluster = Cluster()
    wrong_subject(cluster)
    bundle, given = must_gather(cluster), exports(cluster)
    wanted = look(bundle | given)
    found = look(bundle | masked_accounts(given, cluster.account, mask))
    assert rules(wanted, "fail") == {"trust-subject-mismatch"} == rules(found, "fail")
    assert {c for c, state in verdicts(found).items() if state == "fail"} == {
        "openshift-ingress-operator/cloud-credentials"
    }


@pytest.mark.parametrize(
    "mask", ["XXXXXXXXXXXX", "REDACTED", "***", "*****", "<removed>", "<masked>", "<hidden>"]
)
@pytest.mark.parametrize("encoded", [True, False], ids=["data", "stringData"])
def test_a_secret_that_was_masked_by_hand_is_not_judged(look: Analyse, mask: str, *, encoded: bool) -> None:
    """Neither what stands in it nor how long it is: the real value may be as it should be."""
    cluster = Cluster()
    arn = cluster.role("openshift-ingress-operator").arn
    value = sts_credentials(arn.replace(cluster.account, mask)).decode()
    data = {"credentials": base64.b64encode(value.encode()).decode() if encoded else value}
    report = look(with_ingress_secret(cluster, **{"data" if encoded else "stringData": data}))
    assert not rules(report, "fail", "warn")


def test_masked_documents_are_not_exported(look: Analyse) -> None:
    cluster = Cluster()
    bundle, given = must_gather(cluster), exports(cluster)
    hidden = {path: data.replace(b"demo-oidc.s3", b"XXXXXXXXXXXX") for path, data in given.items()}
    report = look(bundle | hidden)
    assert not rules(report, "fail", "warn")
    assert not flips(look(bundle | given), report)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("https://x-ipv4-0000000001-x/a", True),
        ("https://my-oidc.s3.us-west-2.domain0000001", True),
        ("domain0000000001", True),
        ("arn:aws:iamx-ipv6-0000000005-xws:policy/X", True),
        ("arn:aws:iam::XXXXXXXXXXXX:role/x", True),
        ("xxxxxxxxxxxxxxxx-xxxxx", True),
        ("xx-xxxx-x", True),
        ("https://REDACTED/x", True),
        ("openshift-__hidden__-operator", True),
        ("«masked»-oidc.s3.us-west-2.amazonaws.com", True),
        ("####-installer-cloud-credentials", True),
        ("N/A", True),
        ("role/a/n/a", False),
        ("__main__", False),
        ("https://example.org/#section", False),
        ("arn:aws:s3:::*", False),
        ("demo-oidc.s3.us-west-2.amazonaws.com", False),
        ("arn:aws:iam::123456789012:role/linux-x-files", False),
        ("us-west-2", False),
        ("my-domain1.example.com", False),
        ("system:serviceaccount:*:*", False),
    ],
)
def test_what_counts_as_masked(value: str, masked: bool) -> None:
    assert is_masked(value) is masked


@pytest.mark.parametrize(
    "value", [None, [], {}, {"replacements": 3}, {"replacements": [], "omissions": []}, {"config": {}}]
)
def test_what_is_no_report(value: object) -> None:
    assert read_report(value) is None


def test_a_mask_of_several_originals_stays() -> None:
    entry = {
        "replacedWith": "domain0000000001",
        "occurrences": [{"original": "a.example.com", "count": 3}, {"original": "b.example.com", "count": 9}],
    }
    translation = read_report({"replacements": [[entry, 5, {"replacedWith": []}], "x"], "config": {}})
    assert translation is not None
    assert translation.restore(b"https://domain0000000001") == b"https://domain0000000001"


def test_a_report_alone_holds_nothing_to_judge(look: Analyse) -> None:
    from analyzer.errors import NothingToRead

    cleaner = Cleaner("x.org")
    cleaner.text("https://x.org")
    with pytest.raises(NothingToRead, match="beside the bundle"):
        look({"report.yaml": cleaner.report()})


@pytest.mark.parametrize("credentials", ["REDACTED", ""])
def test_long_lived_keys_beside_hidden_credentials_are_not_judged(look: Analyse, credentials: str) -> None:
    """Where the hidden value is one for STS, the keys are not used."""
    cluster = Cluster()
    data = {
        "credentials": credentials,
        "aws_access_key_id": base64.b64encode(b"AKIAQQQQQQQQQQQQQQQQ").decode(),
        "aws_secret_access_key": base64.b64encode(b"a" * 40).decode(),
    }
    report = look(with_ingress_secret(cluster, data=data))
    assert not rules(report, "fail")
    (ingress,) = [c for c in report.chains if c.operator == "ingress"]
    states = {check.rule: check.state for link in ingress.links for check in link.checks}
    assert {states[name] for name in ("mode-mixed-credentials", "secret-static-keys")} == {"unknown"}
