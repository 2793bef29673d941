"""The same cluster in every layout: never a false failure, the same findings from the same evidence."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer.cli.app import app
from analyzer.evidence.gather import gather
from analyzer.evidence.layout import wanted as wanted_member
from samples import Cluster
from samples.exports import export_files
from samples.layouts import (
    LAYOUTS,
    insights,
    insights_name,
    inspect_namespace,
    must_gather,
    pack,
    with_insights,
)

from .conftest import Analyse, Files, fingerprints, rules, verdicts

GOLDEN = Path(__file__).parent / "golden"
WHOLE = ("inspect", "beside-inspect", "several-images", "node-level", "with-insights")
"""Layouts that hold all that a must-gather holds."""

KINDS = {
    "must-gather": "must-gather",
    "inspect": "inspect",
    "inspect-namespace": "inspect",
    "fallback": "must-gather (its fallback)",
    "hosted-dump": "HyperShift dump",
    "insights": "Insights archive",
    "with-insights": "must-gather, Insights archive",
    "installer-bundle": "installer log bundle, Kubernetes objects, logs",
    "cluster-info": "cluster-info dump, Kubernetes objects, logs",
    "cluster-info-stream": "cluster-info dump, Kubernetes objects, logs",
    "get-yaml": "Kubernetes objects",
}


def no_provider(cluster: Cluster) -> None:
    cluster.providers.clear()


def wrong_issuer(cluster: Cluster) -> None:
    cluster.authentication_issuer = "https://other-oidc.s3.us-west-2.amazonaws.com"


def exports(cluster: Cluster) -> Files:
    return {f"exports/{path}": data for path, data in export_files(cluster).items()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_healthy_cluster_has_no_failure_in_any_layout(look: Analyse, layout: str) -> None:
    cluster = Cluster()
    report = look(LAYOUTS[layout](cluster) | exports(cluster))
    assert not rules(report, "fail")
    assert rules(report, "warn") <= ({"input-incomplete"} if layout == "fallback" else set())
    assert report.exit_code == (6 if layout == "fallback" else 0)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_its_kind_is_named(look: Analyse, layout: str) -> None:
    kind = look(LAYOUTS[layout](Cluster())).inputs[0].kind
    assert kind == KINDS.get(layout, kind)


@pytest.mark.parametrize("fault", [no_provider, wrong_issuer])
@pytest.mark.parametrize("layout", WHOLE)
def test_a_whole_layout_gives_the_findings_of_the_must_gather(look: Analyse, layout: str, fault) -> None:  # type: ignore[no-untyped-def]
    cluster = Cluster()
    fault(cluster)
    wanted = look(must_gather(cluster) | exports(cluster))
    found = look(LAYOUTS[layout](cluster) | exports(cluster))
    assert fingerprints(wanted, "fail")
    assert fingerprints(found, "fail", "warn") == fingerprints(wanted, "fail", "warn")
    assert verdicts(found) == verdicts(wanted)


@pytest.mark.parametrize("layout", ["hosted-dump", "get-yaml", "get-json", "get-documents"])
def test_a_layout_without_secrets_or_logs_names_the_same_cause(look: Analyse, layout: str) -> None:
    cluster = Cluster()
    no_provider(cluster)
    found = look(LAYOUTS[layout](cluster) | exports(cluster))
    wanted = look(must_gather(cluster) | exports(cluster))
    assert fingerprints(found, "fail") == fingerprints(wanted, "fail")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_golden_facts(tmp_path: Path, request: pytest.FixtureRequest, layout: str) -> None:
    path = tmp_path / f"{layout}.tar"
    path.write_bytes(pack(LAYOUTS[layout](Cluster())))
    result = CliRunner().invoke(app, ["facts", str(path), "--only", "cluster."])
    assert result.exit_code == (6 if layout == "fallback" else 0), result.output
    shown = re.sub(r"[0-9a-f]{64}", "…", result.output)
    golden = GOLDEN / f"{layout}.txt"
    if request.config.getoption("--update-golden"):
        golden.write_text(shown)
    assert shown == golden.read_text()


# --- a case directory ---------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["w", "w:xz"])
def test_everything_in_one_directory_under_meaningless_names(look: Analyse, mode: str) -> None:
    cluster = Cluster()
    no_provider(cluster)
    files = {"0001": pack(must_gather(cluster), mode)}
    for number, data in enumerate(exports(cluster).values(), 2):
        files[f"{number:04}"] = data
    wanted = look(must_gather(cluster) | exports(cluster))
    found = look(files, directory=True)
    assert fingerprints(found, "fail", "warn", "info") == fingerprints(wanted, "fail", "warn", "info")
    # Fewer checks pass: a list of policies tells its role by the name of its file alone.
    assert verdicts(found) == verdicts(wanted)


def test_archives_of_bundle_and_exports_inside_one_archive(look: Analyse) -> None:
    cluster = Cluster()
    no_provider(cluster)
    files = {"a": pack(must_gather(cluster), "w:gz"), "b": pack(exports(cluster), "w:xz")}
    wanted = look(must_gather(cluster) | exports(cluster))
    assert fingerprints(look(files), "fail") == fingerprints(wanted, "fail")


# --- broken and hostile content -------------------------------------------------------------------


SPOILED = {
    "cut": lambda data: data[: len(data) * 2 // 3],
    "empty": lambda data: b"",
    "utf-16": lambda data: b"\xff\xfe" + data.decode().encode("utf-16-le"),
    "deep": lambda data: b"{" * 5000,
    "aliases": lambda data: b"a: &a [*a, *a]\n" * 300,
    "odd-types": lambda data: b'[{"kind": 5, "apiVersion": [], "metadata": "x", "items": {"a": 1}}]',
    "error-text": lambda data: b"Error from server (Forbidden): nothing for you\n",
}


@pytest.mark.parametrize(
    ("layout", "how"),
    [*(("inspect", how) for how in SPOILED), *(("insights", how) for how in SPOILED),
     ("installer-bundle", "cut"), ("cluster-info", "odd-types"),
     ("get-yaml", "odd-types"), ("get-json", "cut")],
)  # fmt: skip
def test_broken_content_is_no_failure_of_the_cluster(look: Analyse, layout: str, how: str) -> None:
    cluster = Cluster()
    good = exports(cluster)
    documents = {
        path: data for path, data in LAYOUTS[layout](cluster).items() if not path.endswith((".log", ".txt"))
    }
    files = {
        path: SPOILED[how](data) if number % 2 else data
        for number, (path, data) in enumerate(documents.items())
    }
    report = look(files | good)
    assert not rules(report, "fail"), [f.message for f in report.findings if f.state == "fail"]
    assert not [error for error in report.errors if error.code == "rule-error"]


@pytest.mark.parametrize("wide", [False, True])
def test_windows_encodings_lose_nothing(look: Analyse, wide: bool) -> None:
    cluster = Cluster()
    no_provider(cluster)
    wanted = look(must_gather(cluster) | exports(cluster))

    def recoded(path: str, data: bytes) -> bytes:
        if not path.endswith((".yaml", ".json", ".log")):
            return data
        data = data.replace(b"\n", b"\r\n")
        return b"\xff\xfe" + data.decode().encode("utf-16-le") if wide else b"\xef\xbb\xbf" + data

    files = {path: recoded(path, data) for path, data in (must_gather(cluster) | exports(cluster)).items()}
    found = look(files)
    assert fingerprints(found, "fail", "warn") == fingerprints(wanted, "fail", "warn")
    assert verdicts(found) == verdicts(wanted)
    assert not found.errors


@pytest.mark.parametrize("ending", [".yml", ".yaml.txt", ".yaml.gz", ".YAML", ".yaml.2", ".json.gz"])
def test_what_is_put_behind_a_name_hides_no_file(ending: str) -> None:
    found = wanted_member(f"namespaces/openshift-ingress-operator/core/secrets{ending}")
    assert found == wanted_member("namespaces/openshift-ingress-operator/core/secrets.yaml")
    logs = "namespaces/n/pods/p/c/c/logs"
    assert (
        wanted_member(f"{logs}/current.log.txt")
        == wanted_member(f"{logs}/current.log.1.gz")
        == wanted_member(f"{logs}/current.log")
    )
    assert wanted_member(f"{logs}/current.logs") is wanted_member("namespaces/n/core/secrets.txt") is None


@pytest.mark.parametrize("kept", [b"  uid: ", b"\nspec:\n"])
def test_a_configuration_that_is_cut_before_its_spec_is_none(look: Analyse, kept: bytes) -> None:
    files = must_gather(Cluster())
    path = next(path for path in files if path.endswith("cloudcredentials/cluster.yaml"))
    report = look(files | {path: files[path][: files[path].index(kept) + len(kept)]})
    assert not rules(report, "fail")
    said = ("ends before its spec", "ends within a line")
    assert any(words in error.detail for error in report.errors for words in said)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("cloudcredentials/cluster.yaml", b"credentialsMode: Man"),
        ("authentications/cluster.yaml", b"serviceAccountIssuer: https://demo"),
    ],
)
def test_an_object_that_is_cut_within_a_line_proves_nothing(look: Analyse, name: str, end: bytes) -> None:
    files = must_gather(Cluster())
    path = next(path for path in files if path.endswith(name))
    report = look(files | {path: files[path][: files[path].index(end) + len(end)]})
    assert not rules(report, "fail")
    assert any("ends within a line" in error.detail for error in report.errors)


def test_a_request_that_is_cut_within_a_line_is_there_and_proves_nothing(look: Analyse) -> None:
    files = must_gather(Cluster())
    path = next(path for path in files if path.endswith("/aws-ebs-csi-driver-operator.yaml"))
    end = b"serviceAccountNames:\n  - aws-ebs-csi-driver-oper"
    report = look(files | {path: files[path][: files[path].index(end) + len(end)]})
    assert not rules(report, "fail")
    assert any("ends within a line" in error.detail for error in report.errors)


def test_a_gather_that_was_stopped_leaves_several_files_cut(look: Analyse) -> None:
    files = must_gather(Cluster())
    cut = {}
    for path, data in files.items():
        if path.endswith(("/aws-ebs-csi-driver-operator.yaml", "/openshift-ingress.yaml")):
            end = b"    namespace: openshift-"
            cut[path] = data[: data.index(end, data.index(b"secretRef:")) + len(end) - 1]
    report = look(files | cut)
    assert not rules(report, "fail")
    assert {e.member for e in report.errors if "ends within a line" in e.detail} == cut.keys()


@pytest.mark.parametrize("end", [b"# by hand", b"---", b"..."])
def test_a_line_that_holds_no_value_is_not_cut(look: Analyse, end: bytes) -> None:
    cluster = Cluster(mode="Mint")
    files = must_gather(cluster)
    path = next(path for path in files if path.endswith("cloudcredentials/cluster.yaml"))
    report = look(files | {path: files[path] + end})
    assert report.errors == look(files).errors


def test_a_file_that_is_broken_where_it_is_cut_is_told_once(look: Analyse) -> None:
    files = must_gather(Cluster())
    path = next(path for path in files if path.endswith("namespaces/kube-system/kube-system.yaml"))
    for length in range(20, len(files[path]), 40):
        report = look(files | {path: files[path][:length]})
        assert sum(error.member == path for error in report.errors) <= 1


def test_where_no_file_ends_with_a_line_none_is_cut(look: Analyse) -> None:
    files = must_gather(Cluster())
    report = look({path: content.rstrip(b"\n") for path, content in files.items()})
    assert report.errors == look(files).errors
    assert [chain.verdict for chain in report.chains] == [chain.verdict for chain in look(files).chains]


# --- logs -----------------------------------------------------------------------------------------

ERROR = (
    b"2024-03-12T10:12:01.123456789Z ERROR operator.dns_controller failed to list: WebIdentityErr: failed to "
    b"retrieve credentials\\ncaused by: InvalidIdentityToken: No OpenIDConnect provider found in your "
    b"account for https://demo-oidc.s3.us-west-2.amazonaws.com\\n\\tstatus code: 400\n"
)


@pytest.mark.parametrize(
    "name",
    [
        "openshift-ingress-operator.log",
        "openshift-ingress-operator_ingress-operator-fqhj9dr4s9-5fm88.txt",
        "logs/ingress-operator.log",
        "ingress-operator-fqhj9dr4s9-5fm88.log",
        "control-plane/10.0.1.2/containers/ingress-operator-" + "0f" * 32 + ".log",
        "openshift-ingress-operator/ingress-operator-fqhj9dr4s9-5fm88/logs.txt",
    ],
)
def test_a_log_by_itself_is_its_namespaces(look: Analyse, name: str) -> None:
    bare = {path: data for path, data in must_gather(Cluster()).items() if not path.endswith(".log")}
    assert "log-no-provider" in rules(look(bare | {name: ERROR}), "fail", "warn")


def stored(namespace: str, pod: str, message: str) -> bytes:
    whose = {"namespace_name": namespace, "pod_name": pod, "container_name": pod.partition("-")[0]}
    return (
        json.dumps({"@timestamp": "2024-03-12T10:12:00.1Z", "kubernetes": whose, "message": message}).encode()
        + b"\n"
    )


POD = b"ingress-operator-5d9f8d4b7c-x2x4z"
ASKED = b"[me@host ~]$ oc -n openshift-ingress-operator logs deploy/ingress-operator --tail=3\n"
SHOWN = {
    "ingress-operator-previous.log": ERROR,
    "windows.txt": (ASKED + ERROR).decode().replace("\n", "\r\n").encode("utf-16"),
    "prefixed.txt": b"[pod/%b/ingress-operator] %b" % (POD, ERROR)
    + b"[pod/%b/kube-rbac-proxy] 2024-03-12T10:12:01.1Z up\n" % POD,
    "screen-prefixed.txt": ASKED.replace(b"--tail=3", b"--prefix --timestamps")
    + b"[pod/%b/ingress-operator] %b" % (POD, ERROR),
    "stern.txt": b"%b ingress-operator %b" % (POD, ERROR),
    "stern-all.txt": b"openshift-dns dns-default-x2x4z dns 2024-03-12T10:12:01.1Z up\n"
    + b"openshift-ingress-operator %b ingress-operator %b" % (POD, ERROR),
    "stored.json": stored("openshift-dns", "dns-default-x2x4z", "up")
    + stored("openshift-ingress-operator", POD.decode(), ERROR.decode().partition(" ")[2]),
    "hits.jsonl": b'{"_source":%b}\n'
    % stored("openshift-ingress-operator", POD.decode(), ERROR.decode().partition(" ")[2]).strip(),
    "screen.txt": b"$ oc get co\nNAME   VERSION   SINCE\ndns    4.14.12   4d\n" + ASKED + ERROR,
    "project.txt": b"$ oc logs -c ingress-operator " + POD + b" --previous\n" + ERROR,
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_log_as_people_look_at_it_is_its_namespaces(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(SHOWN[name])
    evidence = gather([tmp_path])
    assert not [p for p in evidence.problems if p.code == "unplaced"]
    (symptom,) = evidence.symptoms
    assert (symptom.namespace, symptom.klass) == ("openshift-ingress-operator", "no-provider")
    assert symptom.first is not None
    shown = SHOWN[name].decode("utf-16" if name == "windows.txt" else "utf-8").splitlines()
    assert "WebIdentityErr" in shown[symptom.quote.line - 1]


def test_the_log_of_very_many_pods_is_read_to_its_end(tmp_path: Path) -> None:
    """An error of the last namespace is found in its place; line numbers stay those of the file."""
    namespaces = ["a", "b"] * 150 + [f"n{number}" for number in range(300)]
    lines = [stored(space, f"pod-{number}", "up") for number, space in enumerate(namespaces)]
    (tmp_path / "stored.json").write_bytes(
        b"".join(lines)
        + stored("a", "pod-9000", ERROR.decode().partition(" ")[2])
        + stored("n-last", "pod-9001", ERROR.decode().partition(" ")[2])
    )
    evidence = gather([tmp_path])
    found = {symptom.namespace: symptom.quote.line for symptom in evidence.symptoms}
    assert found == {"a": len(lines) + 1, "": len(lines) + 2}
    assert len(evidence.log_files) < 500


def test_lines_of_pods_of_several_namespaces_are_no_namespaces(tmp_path: Path) -> None:
    other = b"image-registry-5d9f8d4b7c-x2x4z"
    (tmp_path / "stern.txt").write_bytes(b"%b ingress-operator %b%b registry %b" % (POD, ERROR, other, ERROR))
    assert [p.code for p in gather([tmp_path]).problems] == ["unplaced"]


def test_errors_in_no_form_that_is_read_are_said(tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_bytes(b"Hello,\nwe see this:\n" + ERROR + b"what is it?\n")
    (problem, *_) = gather([tmp_path]).problems
    assert "errors of AWS, and is in no form that is read" in problem.detail


def test_a_log_of_an_unknown_pod_is_said(look: Analyse) -> None:
    report = look(must_gather(Cluster()) | {"output.txt": ERROR})
    assert "log-no-provider" not in rules(report, "fail", "warn")
    assert [e.code for e in report.errors] == ["unplaced"]
    assert "name the file after its namespace" in report.errors[0].detail


@pytest.mark.parametrize(
    "name",
    [
        "current.log.gz",
        "previous.log",
        "previous.log.gz",
        "current.log.1.gz",
        "rotated/0.log.20240312-101201.gz",
    ],
)
def test_packed_and_rotated_logs(look: Analyse, name: str) -> None:
    import gzip

    data = gzip.compress(ERROR) if name.endswith(".gz") else ERROR
    pod = "ingress-operator-fqhj9dr4s9-5fm88"
    files = {
        path: data for path, data in must_gather(Cluster()).items() if f"/{pod}/ingress-operator/" not in path
    }
    root = next(path for path in files if path.endswith("/version")).removesuffix("version")
    logs = f"namespaces/openshift-ingress-operator/pods/{pod}/ingress-operator/ingress-operator/logs"
    place = f"{root}{logs}/{name}"
    assert "log-no-provider" in rules(look(files | {place: data}), "fail", "warn")


# --- Insights -------------------------------------------------------------------------------------


def test_an_older_insights_archive_inside_does_not_win(look: Analyse) -> None:
    older = Cluster()
    older.authentication_issuer = ""
    older.mode = ""
    cluster = Cluster()

    def later(path: str, body):  # type: ignore[no-untyped-def]
        if body.get("kind") == "Authentication":
            body["metadata"]["resourceVersion"] = "999999999"
        return body

    cluster.hooks.append(later)
    report = look(with_insights(cluster, older))
    assert report.cluster.sts is True
    assert not rules(report, "fail")


def test_an_insights_archive_gives_what_it_holds(look: Analyse, tmp_path: Path) -> None:
    cluster = Cluster()
    report = look({insights_name(): pack(insights(cluster), "w:gz")}, directory=True)
    assert (report.cluster.id, report.cluster.version) == (cluster.cluster_id, cluster.version)
    assert report.cluster.issuer == cluster.issuer
    assert (report.cluster.infra_name, report.cluster.region) == (None, None), "these are masked"
    assert report.run.as_of == "2024-03-12T08:44:12Z"


def test_a_full_volume_is_said(look: Analyse) -> None:
    files = must_gather(Cluster())
    path = next(path for path in files if path.endswith("gather.logs"))
    files[path] += b"2024-03-12T10:31:00Z Disk usage exceeds the volume percentage of 70\n"
    report = look(files)
    assert rules(report, "warn") == {"input-incomplete"}
    assert report.exit_code == 6


def test_one_namespace_alone(look: Analyse) -> None:
    report = look(inspect_namespace(replace_time(Cluster())))
    assert report.exit_code == 0
    assert set(verdicts(report)) == {"openshift-ingress-operator/cloud-credentials"}


def replace_time(cluster: Cluster) -> Cluster:
    cluster.gathered += timedelta(hours=1)
    return cluster
