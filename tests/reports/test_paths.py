"""Paths shortened in the middle keep what tells them apart, and always end."""

from dataclasses import replace
from itertools import takewhile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.reports.formats import Options, render
from analyzer.reports.paths import short_path, short_paths

from . import made

PART = st.text(alphabet="abc…", min_size=1, max_size=30)


@given(st.lists(PART, min_size=1, max_size=9), st.integers(10, 120), st.sampled_from(["…", "..."]))
def test_any_path_fits(parts: list[str], room: int, dots: str) -> None:
    assert len(short_path("/".join(parts), room, dots)) <= room


def test_of_dots_there_is_one_at_a_place() -> None:
    path = "trust-wrong-service-account/exports/iam/get-role-demo-openshift-ingress-operator-cloud.json"
    assert "……" not in "".join(short_path(path, room, "…") for room in range(10, len(path)))


def test_what_tells_files_apart_stays() -> None:
    path = (
        "mg/must-gather.local.1/img-sha256-" + "a" * 64 + "/namespaces/openshift-ingress-operator/pods/"
        "ingress-operator-1/ingress-operator/ingress-operator/logs/current.log"
    )
    short = short_path(path, 80, "…")
    assert "ingress-operator-1" in short
    assert short.endswith("current.log")


ROOT = "mg/must-gather.local.1/img-sha256-{}/namespaces/openshift-ingress-operator/pods/ingress-operator-1"
LOG = "{0}/{0}/logs/current.log"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{ROOT.format('a' * 64)}/{LOG.format('ingress-operator')}",
         f"{ROOT.format('a' * 56 + '0123beef')}/{LOG.format('ingress-operator')}"),
        (f"{ROOT.format('a' * 64)}/{LOG.format('ingress-operator')}",
         f"{ROOT.format('a' * 64)}/{LOG.format('kube-rbac-proxy')}"),
        ("exports/2024/iam/of-today/roles/all.json", "exports/2024/iam/of-yesterday/roles/all.json"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("room", [28, 40, 64])
def test_two_files_never_look_the_same(one: str, other: str, room: int) -> None:
    shown = short_paths(frozenset({one, other, "x/y.json"}), room, "…")
    assert shown[one] != shown[other]
    assert all(len(text) <= room for text in shown.values())
    assert short_paths(frozenset({one}), room, "…")[one] == short_path(one, room, "…")


def test_of_many_files_each_is_compared_with_its_neighbours_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """With each other one, five thousand that looked alike took twenty seconds."""
    compared: list[object] = []

    def counted(*words: Any) -> Any:
        compared.append(words)
        return takewhile(*words)

    monkeypatch.setattr("analyzer.reports.paths.takewhile", counted)
    files = frozenset(f"namespaces/n/{'x' * 30}{n}{'y' * 60}/secrets.yaml" for n in range(500))
    short_paths(files, 41, "…")
    assert 0 < len(compared) < len(files)


@given(st.lists(st.lists(PART, min_size=1, max_size=9), max_size=5), st.integers(10, 120))
def test_any_paths_fit(files: list[list[str]], room: int) -> None:
    shown = short_paths(frozenset("/".join(parts) for parts in files), room, "…")
    assert all(len(text) <= room for text in shown.values())


@pytest.mark.parametrize("name", ["text", "markdown", "case", "html"])
def test_a_report_tells_two_logs_apart(name: str) -> None:
    files = [f"{ROOT.format(letter * 64)}/{LOG.format('ingress-operator')}" for letter in "ab"]
    cited = tuple(replace(made.FAIL.findings[0].evidence[0], file=file, line=7) for file in files)
    report = replace(made.FAIL, findings=(replace(made.FAIL.findings[0], evidence=cited),))
    text = render(report, name, Options())
    assert all(f"{letter * 8}/" in text for letter in "ab")
