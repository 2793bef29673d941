"""Progress: told to the state object, shown on a terminal alone, and nothing is left behind."""

import io
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from analyzer import session
from analyzer.cli import waiting as module
from analyzer.cli.waiting import waiting
from analyzer.progress import SILENT, Progress
from analyzer.session import analyze

REQUEST = """\
apiVersion: cloudcredential.openshift.io/v1
kind: CredentialsRequest
metadata: {name: openshift-ingress, namespace: openshift-cloud-credential-operator}
spec:
  secretRef: {name: cloud-credentials, namespace: openshift-ingress-operator}
  serviceAccountNames: [ingress-operator]
  providerSpec:
    apiVersion: cloudcredential.openshift.io/v1
    kind: AWSProviderSpec
    statementEntries: [{effect: Allow, action: ["elasticloadbalancing:DescribeLoadBalancers"], resource: "*"}]
"""
SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "mint-mode"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Recorder(Progress):
    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, doing: str) -> None:
        self.steps.append(doing)


def test_a_run_tells_its_steps() -> None:
    recorder = Recorder()
    analyze([SAMPLE], progress=recorder)
    assert recorder.steps == ["loading the rules", "reading mint-mode", "joining what was found", "judging"]


def test_whatever_reads_a_bundle_tells_that_it_does(tmp_path: Path) -> None:
    requests = tmp_path / "request.yaml"
    requests.write_text(REQUEST)
    for run in (
        partial(session.fix, [SAMPLE]),
        partial(session.extract, [SAMPLE]),
        partial(session.roles_in_use, [SAMPLE]),
        partial(session.upgrade, [SAMPLE], requests),
    ):
        recorder = Recorder()
        run(progress=recorder)
        assert any(step.startswith("reading mint-mode") for step in recorder.steps)


def test_nothing_is_shown_off_a_terminal_or_when_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with waiting(quiet=False) as progress:
        assert progress is SILENT
    monkeypatch.setattr(sys, "stderr", Terminal())
    with waiting(quiet=True) as progress:
        assert progress is SILENT


def test_a_short_run_shows_nothing_and_a_long_one_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with waiting(quiet=False) as progress:
        progress.step("quick")
    assert sys.stderr.getvalue() == ""  # type: ignore[attr-defined]
    monkeypatch.setattr(module, "DELAY", 0.01)
    with waiting(quiet=False) as progress:
        progress.step("reading \x1b]0;x\x07[red]y")
        time.sleep(0.9)
    shown = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert "reading \\x1b]0;x\\x07[red]y" in shown
    assert "\x07" not in shown
