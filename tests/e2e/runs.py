"""Trees of files on disk, one analysis each, and what must hold of every report whatever is in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from analyzer.engine import RuleSet
from analyzer.findings.report import LINKS, Chain, Finding, Report, to_json
from analyzer.options import Options
from analyzer.session import analyze, upgrade
from samples import Cluster
from samples.bundle import bundle_files, bundle_folder, write_files
from samples.exports import export_files
from samples.layouts import pack as archive

Files = Mapping[str, bytes]
Edit = Callable[[Cluster], object]

INGRESS = "openshift-ingress-operator/cloud-credentials"
REGISTRY = "openshift-image-registry/installer-cloud-credentials"
MACHINES = "openshift-machine-api/aws-cloud-credentials"
DRIVERS = "openshift-cluster-csi-drivers/ebs-cloud-credentials"
NETWORK = "openshift-cloud-network-config-controller/cloud-credentials"
READ_ONLY = "openshift-cloud-credential-operator/cloud-credential-operator-iam-ro-creds"
"""The chain that nothing uses in Manual mode: it may have no verdict of its own in any test."""

EVERY_USED = ("*",)
"""What a sample says of a fault on a shared link."""

EXPORTS_DECIDE = re.compile(
    r"(?:provider|trust|permissions|keys)/(?!permission-organization-deny).*"
    r"|issuer/(?:discovery-.*|issuer-private-bucket)"
)
"""Rules, as link/id, that nothing in a bundle alone can prove."""

_UNFILLED = re.compile(r"\{(?:cluster|issuer|discovery|jwks|keys|inputs|provider|token|chain|request|secret|"
                       r"workload|role|trust|permissions|operator|logs)\.")  # fmt: skip


def bundle(cluster: Cluster, *, secrets: str = "elided") -> dict[str, bytes]:
    """Give the files of the cluster's must-gather."""
    root = f"must-gather/{bundle_folder(cluster)}"
    return {f"{root}/{path}": content for path, content in bundle_files(cluster, secrets=secrets).items()}


def exports(cluster: Cluster, **options: object) -> dict[str, bytes]:
    """Give the files of the cluster's exports; options as for `samples.exports.export_files`."""
    return {f"exports/{path}": content for path, content in export_files(cluster, **options).items()}  # type: ignore[arg-type]


def everything(cluster: Cluster, *, secrets: str = "elided", **options: object) -> dict[str, bytes]:
    """Give the must-gather and all exports."""
    return bundle(cluster, secrets=secrets) | exports(cluster, **options)


def edited(edit: Edit, **arguments: object) -> Cluster:
    """Give a healthy cluster with an edit."""
    cluster = Cluster(**arguments)  # type: ignore[arg-type]
    edit(cluster)
    return cluster


def without(files: Files, pattern: str) -> dict[str, bytes]:
    """Give the files whose path does not match; something must be taken away."""
    kept = {path: content for path, content in files.items() if not re.search(pattern, path)}
    assert len(kept) < len(files), f"nothing to hide matches {pattern}"
    return kept


class Bench:
    """A folder for inputs. The last reports are kept: many tests ask for the same ones."""

    kept = 100

    def __init__(self, folder: Path, rules: RuleSet) -> None:
        self.folder = folder
        self.rules = rules
        self._reports: dict[tuple[str, Options], Report] = {}

    def tree(self, files: Files) -> Path:
        """Write files and give the folder that holds them."""
        root = self.folder / digest_of(files)
        if not root.exists():
            write_files(root, dict(files))
        return root

    def report(self, files: Files, **options: object) -> Report:
        """Analyse the files as one archive; the report is checked for what holds of every report.

        An archive is one file to write where a folder is two hundred.
        """
        wish = Options(**options)  # type: ignore[arg-type]
        key = (digest_of(files), wish)
        report = self._reports.pop(key, None)
        if report is None:
            path = self.folder / "input.tar"
            path.write_bytes(archive(files))
            report = analyze([path], wish)
            self.check(report, files)
        self._reports[key] = report  # the last again
        if len(self._reports) > self.kept:
            del self._reports[next(iter(self._reports))]
        return report

    def readiness(self, files: Files, target: Files) -> Report:
        """Judge whether the cluster of the files is ready for the requests of another release."""
        path = self.folder / "input.tar"
        path.write_bytes(archive(files))
        report = upgrade([path], self.tree(target))
        self.check(report)
        return report

    def check(self, report: Report, files: Files | None = None) -> None:
        """Assert what must hold whatever the inputs are."""
        check_contract(report, self.rules)
        for finding in report.findings if files is not None else ():
            check_places(finding, files or {})


def digest_of(files: Files) -> str:
    """Give a name that stands for these files alone."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.encode() + b"\0" + hashlib.sha256(files[path]).digest())
    return digest.hexdigest()[:16]


def check_contract(report: Report, rules: RuleSet) -> None:
    """Ids refer to what exists, counts add up, texts are filled in, the exit code fits."""
    chains = {chain.id for chain in report.chains}
    known = {rule.id for rule in rules.rules}
    failing = {finding.rule for finding in report.findings if finding.state == "fail"}
    assert not [error for error in report.errors if error.code == "rule-error"], report.errors
    assert report.counts.error == 0
    for finding in report.findings:
        assert set(finding.chains) <= chains
        assert finding.rule in known
        assert finding.evidence or finding.state == "info", (
            f"{finding.rule} proves nothing: {finding.message}"
        )
        texts = [finding.message, finding.why, finding.disproof, finding.subject, finding.title]
        texts += [part for fix in finding.fix for part in (fix.text, fix.command) if part]
        for text in texts:
            assert not _UNFILLED.search(text), text
    for chain in report.chains:
        assert [link.link for link in chain.links] == list(LINKS)
        if chain.verdict.state == "fail":
            assert chain.verdict.rule in failing, chain.verdict
            assert chain.verdict.link in LINKS
    for item in report.missing:
        assert item.command.strip(), item
        assert item.why.strip(), item
        assert item.decides, item
        assert set(item.decides) <= known
        assert set(item.chains) <= chains
        assert not _UNFILLED.search(item.command), item.command
    _check_counts(report, rules)
    found = any(finding.state == "fail" for finding in report.findings)
    assert (report.exit_code == 1) == found, (report.exit_code, failing)
    to_json(report)  # raises at what JSON has no form for


def _check_counts(report: Report, rules: RuleSet) -> None:
    counts = report.counts
    total = (
        counts.passed + counts.fail + counts.warn + counts.info
        + counts.unknown + counts.not_applicable + counts.error
    )  # fmt: skip
    by_subject = {kind: sum(rule.subject == kind for rule in rules.rules) for kind in ("chain", "cluster")}
    least = by_subject["cluster"] + by_subject["chain"] * len(report.chains)
    assert total >= least, (total, least)
    judged = [chain for chain in report.chains if chain.verdict.state != "not-applicable"]
    checked = sum(len(link.checks) for chain in judged for link in chain.links)
    assert checked >= by_subject["chain"] * len(judged)


def check_places(finding: Finding, files: Files) -> None:
    """Every proof stands where the report says: the file, the line, and in documents the excerpt on it."""
    for proof in finding.evidence:
        if finding.link == "inputs" and proof.excerpt == "(masked)":  # an input as a whole
            continue
        assert proof.file in files, proof
        lines = files[proof.file].decode(errors="replace").splitlines()
        if lines:
            assert 1 <= proof.line <= len(lines), (finding.rule, proof)
            if finding.link != "inputs" and proof.file.endswith((".yaml", ".json")):
                shown = proof.excerpt.partition("(encoded secret)")[0].strip()[:24]
                assert shown in lines[proof.line - 1], (finding.rule, proof)


# --- reading a report ---------------------------------------------------------------------------


def findings(report: Report, *states: str, kind: str | None = None) -> list[Finding]:
    """Give the findings of some states, or all."""
    return [
        finding
        for finding in report.findings
        if (not states or finding.state in states) and (kind is None or finding.kind == kind)
    ]


def named(report: Report, *states: str, kind: str | None = None) -> set[str]:
    """Give the rules that found something."""
    return {finding.rule for finding in findings(report, *states, kind=kind)}


def told(report: Report) -> str:
    """Say in a few lines what a report says, for the message of a failing test."""
    lines = [f"exit {report.exit_code}"]
    lines += [f"{f.state} {f.kind} {f.link}/{f.rule} {list(f.chains)}: {f.message}" for f in report.findings]
    lines += [f"{c.id}: {c.verdict.state} {c.verdict.link} {c.verdict.rule}" for c in report.chains]
    lines += [f"error {e.code} {e.member}: {e.detail}" for e in report.errors]
    return "\n".join(lines)


def the_chain(report: Report, chain_id: str) -> Chain:
    """Give one chain."""
    return next(chain for chain in report.chains if chain.id == chain_id)


def said(chain: Chain) -> tuple[str, str | None, str | None]:
    """Give state, link and rule of a chain's verdict."""
    return chain.verdict.state, chain.verdict.link, chain.verdict.rule


def used(report: Report) -> list[Chain]:
    """Give the chains that something uses."""
    return [chain for chain in report.chains if chain.id != READ_ONLY]


def states_of(report: Report) -> dict[tuple[str, str, str], str]:
    """Give the state of every rule on every chain, by (chain, link, rule)."""
    return {
        (chain.id, link.link, check.rule): check.state
        for chain in report.chains
        for link in chain.links
        for check in link.checks
    }


def assert_healthy(report: Report, *, elided: bool = True) -> None:
    """No fail, no warn, exit 0, and every chain passes but for what an elided Secret cannot tell."""
    assert not findings(report, "fail", "warn"), told(report)
    assert report.exit_code == 0, told(report)
    assert report.cluster.sts is True
    assert len(report.chains) >= 5
    open_links = {link.link for chain in report.chains for link in chain.links if link.state == "unknown"}
    assert open_links <= ({"secret"} if elided else set()), told(report)
    for chain in report.chains:
        assert chain.verdict.state == ("unknown" if open_links else "pass"), told(report)
    assert bool(report.missing) == bool(open_links)


def flips(before: Report, after: Report) -> list[tuple[tuple[str, str, str], str, str]]:
    """Give the checks that hiding evidence turned over: from pass to fail, or from fail to pass."""
    old, new = states_of(before), states_of(after)
    turned = {("pass", "fail"), ("fail", "pass")}
    return [(key, old[key], new[key]) for key in old.keys() & new.keys() if (old[key], new[key]) in turned]


def broken(report: Report) -> set[tuple[str, str]]:
    """Give the links that fail, as (chain, link): what else is hidden may name another cause for one."""
    return {(chain.id, link.link) for chain in report.chains for link in chain.links if link.state == "fail"}


def ids(items: Iterable[object]) -> list[str]:
    """Give test ids of what has one."""
    return [str(getattr(item, "id", item)) for item in items]
