"""What kube-apiserver logs of its flags tells the issuer in force, where its ConfigMaps are not there."""

from __future__ import annotations

import pytest

from samples import Cluster
from samples.pods import node_names

from .runs import Bench, bundle, edited, findings, named, states_of, told, without

CONFIG_MAPS = r"openshift-kube-apiserver/core/configmaps\.yaml"
OPERATOR = r"/kubeapiservers/"
DEFAULT = "https://kubernetes.default.svc"
NODES = node_names(Cluster())[:3]
Files = dict[str, bytes]
RULE = "mode-issuer-not-rolled-out"


def logged(files: Files, flags: list[str | None], file: str = "current.log") -> Files:
    """Add a log of kube-apiserver for each node; None is one whose begin was rotated away."""
    root = next(path.partition("/namespaces/")[0] for path in files if "/namespaces/" in path)
    made = dict(files)
    for node, flag in zip(NODES, flags, strict=False):
        stamp = "2025-01-03T08:40:16.234889123Z I0103 08:40:16.234889      20"
        lines = [f"{stamp} options.go:228] external host was not specified"]
        if flag is not None:
            lines.append(f'{stamp} flags.go:64] FLAG: --service-account-issuer="{flag}"')
        lines.append(f"{stamp} shared_informer.go:318] Caches are synced")
        container = "kube-apiserver/kube-apiserver/logs"
        path = f"{root}/namespaces/openshift-kube-apiserver/pods/kube-apiserver-{node}/{container}/{file}"
        made[path] = "\n".join([*lines, ""]).encode()
    return made


def bare(cluster: Cluster, hide: str = f"{CONFIG_MAPS}|{OPERATOR}") -> Files:
    return without(bundle(cluster), hide)


@pytest.mark.parametrize("written", [DEFAULT, f"[{DEFAULT}]", f"[{DEFAULT},https://demo.example.net]"])
def test_another_issuer_in_the_log_is_a_fault(bench: Bench, written: str) -> None:
    report = bench.report(logged(bare(Cluster()), [written] * 3))
    (finding,) = findings(report, "fail")
    assert finding.rule == RULE, told(report)
    assert {proof.line for proof in finding.evidence if proof.file.endswith(".log")} == {2}
    assert report.common_cause is not None


def test_the_issuer_that_is_set_passes(bench: Bench) -> None:
    cluster = Cluster()
    report = bench.report(logged(bare(cluster), [f"[{cluster.issuer}]"] * 3))
    assert not findings(report, "fail", "warn"), told(report)
    assert {state for (_, _, rule), state in states_of(report).items() if rule == RULE} == {"pass"}


@pytest.mark.parametrize(
    ("flags", "hide"),
    [
        ([DEFAULT, None, DEFAULT], f"{CONFIG_MAPS}|{OPERATOR}"),  # who knows what that node runs
        ([DEFAULT, "https://demo.example.net", DEFAULT], f"{CONFIG_MAPS}|{OPERATOR}"),
        ([None, None, None], f"{CONFIG_MAPS}|{OPERATOR}"),
        ([DEFAULT], f"{CONFIG_MAPS}|{OPERATOR}"),  # three nodes run one, as far as is known
    ],
)
def test_nodes_that_may_differ_tell_nothing(bench: Bench, flags: list[str | None], hide: str) -> None:
    report = bench.report(logged(bare(Cluster(), hide), flags))
    assert not findings(report, "fail", "warn"), told(report)
    assert {state for (_, _, rule), state in states_of(report).items() if rule == RULE} == {"unknown"}


def test_one_log_is_enough_where_all_nodes_run_one_revision(bench: Bench) -> None:
    cluster = edited(lambda c: setattr(c, "kas_issuers", [DEFAULT]))
    report = bench.report(logged(bare(cluster, CONFIG_MAPS), [None, DEFAULT, None]))
    assert named(report, "fail") == {RULE}, told(report)


@pytest.mark.parametrize("status", [b"targetRevision: 13", b""])
def test_a_node_on_its_way_or_a_former_node_tells_nothing(bench: Bench, status: bytes) -> None:
    cluster = edited(lambda c: setattr(c, "kas_issuers", [DEFAULT]))
    files = logged(bare(cluster, CONFIG_MAPS), [DEFAULT])
    path = next(p for p in files if "kubeapiservers" in p)
    name = f"nodeName: {NODES[0]}".encode()
    other = name + b"\n      " + status if status else b"nodeName: another"
    assert files[path].count(name) == 1
    files[path] = files[path].replace(name, other)
    told_by_log = [
        f for f in findings(bench.report(files), "fail") if any(".log" in e.file for e in f.evidence)
    ]
    assert not told_by_log


def test_the_log_of_the_process_before_tells_nothing(bench: Bench) -> None:
    cluster = Cluster()
    files = logged(bare(cluster), [DEFAULT] * 3, "previous.log")
    assert not findings(bench.report(files), "fail", "warn")


def test_the_configuration_goes_before_the_log(bench: Bench) -> None:
    report = bench.report(logged(bundle(Cluster()), [DEFAULT] * 3))
    assert not findings(report, "fail", "warn"), told(report)
