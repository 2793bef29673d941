"""What holds for every test: those that must run are not skipped; whole runs share what is the same in them.

``STS_DOCTOR_REQUIRE=browser,cluster`` names the marks whose tests fail where they would be skipped.
"""

from __future__ import annotations

import functools
import gc
import marshal
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import pytest
from typer import testing
from typer.main import get_command

from analyzer import session
from analyzer.engine import RuleSet, Subject, check_facts, visible_facts
from analyzer.evidence import gathered, members
from analyzer.evidence.loose import files
from analyzer.iam.document import Path
from analyzer.iam.entries import Entry, read_entries
from analyzer.iam.policy import Malformed, Policy, parse_policy
from analyzer.iam.trust import TrustDecision, evaluate_trust
from analyzer.model.joining import roles
from analyzer.model.role import asked, trust_policy
from analyzer.model.vocabulary import VOCABULARY
from analyzer.redact import live_secrets
from analyzer.reports import inert
from samples import bundle
from samples.yamlout import document
from tests.data import DATA
from tests.e2e.runs import Bench

gc.set_threshold(300_000, 20, 50)  # as the program sets it: what is kept for all tests makes each search long


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    required = [name for name in os.environ.get("STS_DOCTOR_REQUIRE", "").split(",") if name]
    marked = any(item.get_closest_marker(name) for name in required)
    if report.skipped and marked and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but must run here: {report.longrepr}"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what reads the data folder where that is not there."""
    absent = pytest.mark.skip(reason=f"{DATA.parent.name}/{DATA.name} is not beside the checkout")
    for item in items:
        if item.get_closest_marker("shared") and not DATA.is_dir():
            item.add_marker(absent)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture(scope="session", autouse=True)
def _one_command_tree() -> Iterator[None]:
    """Build the tree of commands once, and not for each call: a process of a user's builds one command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testing, "_get_command", functools.cache(get_command))
        yield


@pytest.fixture(scope="session", autouse=True)
def _facts_are_declared() -> Iterator[None]:
    """Hold the facts of every run to the vocabulary: an undeclared one, or one of another type, fails."""
    declared = functools.cache(lambda kind: visible_facts(VOCABULARY, kind))
    evaluate = session.evaluate

    def checked(rules: RuleSet, subjects: Sequence[Subject], *asked: Any) -> Any:
        for subject in subjects:
            assert check_facts(subject.facts, declared(subject.kind)) == []
        return evaluate(rules, subjects, *asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "evaluate", checked)
        yield


@pytest.fixture(scope="session")
def made_once() -> Iterator[None]:
    """Load the rules once; write, cut and parse each text once: that is most of a run's time.

    All bundles of the tests are edits of a few clusters, so that nearly every text of one is in others too.
    """
    written: dict[bytes, bytes] = {}

    def remembered(body: Any) -> bytes:
        key = marshal.dumps(body, 2)  # a version that writes equal values alike
        if key not in written:
            written[key] = document(body)
        return written[key]

    policies: dict[tuple[str, str, tuple[Path, ...]], Policy | Malformed] = {}

    def policy(source: Any, *, name: str = "", duplicates: Sequence[Path] = ()) -> Policy | Malformed:
        key = repr(source), name, tuple(duplicates)
        if key not in policies:
            policies[key] = parse_policy(source, name=name, duplicates=duplicates)
        return policies[key]

    decisions: dict[tuple[object, ...], tuple[TrustDecision, object]] = {}

    def decision(trusted: Any, *, audiences: Sequence[str] | None, **asked: str | None) -> TrustDecision:
        key = (id(trusted), audiences and tuple(audiences), audiences is None, *sorted(asked.items()))
        if key not in decisions:  # kept with the policy, whose id is no other's then
            decisions[key] = (evaluate_trust(trusted, audiences=audiences, **asked), trusted)
        return decisions[key][0]

    asked_for: dict[str, tuple[Entry, ...]] = {}

    def entries(given: Iterable[Any]) -> tuple[Entry, ...]:
        listed = list(given)
        key = repr(listed)
        if key not in asked_for:
            asked_for[key] = read_entries(listed)
        return asked_for[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "built_in_rules", functools.cache(session.built_in_rules))
        patch.setattr(bundle, "document", remembered)
        for module, reader in ((members, "cut_list"), (gathered, "parse_item"), (files, "read_loose")):
            patch.setattr(module, reader, functools.lru_cache(16_384)(getattr(module, reader)))
        secrets = functools.lru_cache(16_384)(lambda data, urls: tuple(live_secrets(data, urls=urls)))
        patch.setattr(members, "live_secrets", lambda data, *, urls=True: secrets(data, urls))
        patch.setattr(roles, "parse_policy", policy)
        patch.setattr(trust_policy, "evaluate_trust", decision)
        patch.setattr(asked, "read_entries", entries)
        patch.setattr(inert, "redact", functools.lru_cache(65_536)(inert.redact))
        yield


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, made_once: None) -> Bench:
    """One bench for a session: a report that several tests ask for is made once."""
    return Bench(tmp_path_factory.mktemp("bench"), session.built_in_rules())
