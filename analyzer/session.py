"""One run, top to bottom: open, gather, join, evaluate, report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.bundle.s3 import is_remote
from analyzer.engine import RuleSet, Subject, choose, evaluate, load_rules
from analyzer.engine.rulefolder import paths_below
from analyzer.errors import NothingToRead, RefusedInput, UsageProblem
from analyzer.evidence.gather import gather
from analyzer.evidence.gathered import Evidence, InputRecord, Problem
from analyzer.evidence.loose.files import REPORT
from analyzer.findings.regional import region_apart
from analyzer.findings.report import Report
from analyzer.frozen import frozen
from analyzer.judgement import make_report, reading_code
from analyzer.model.join import Model, build_model
from analyzer.model.vocabulary import VOCABULARY
from analyzer.options import Options
from analyzer.patterns import compile_patterns, later
from analyzer.progress import SILENT, Progress

if TYPE_CHECKING:
    from analyzer.fix.mend import Mended
    from analyzer.model.coverage import Absent, Copies


_PASTED = later(r"e[yw][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")
"""How a token begins that was pasted in the place of a path."""


def analyze(paths: Sequence[Path], options: Options | None = None, progress: Progress = SILENT) -> Report:
    """Read the inputs and judge them; ``progress`` is told each step.

    Raises NothingToRead where no input holds anything of use, UsageProblem for a path that does not
    exist, RuleProblem for a bad rule file. Whatever an input holds never raises.
    """
    options = options or Options()
    progress.step("loading the rules")
    ruleset = built_in_rules(options.rules)
    choose(ruleset, options.select, options.ignore)  # a misspelt id is said before anything is read
    evidence = _gather(paths, progress)
    model = build_model(evidence, options.as_of, cluster=options.cluster)
    progress.step("judging")
    return _judge(evidence, model, ruleset, options)


def upgrade(
    paths: Sequence[Path], target: Path, options: Options | None = None, progress: Progress = SILENT
) -> Report:
    """Judge the inputs, and whether they are ready for the release whose requests ``target`` holds.

    Raises as ``analyze`` does, and NothingToRead for a target without CredentialsRequests.
    """
    from analyzer.model.joining.release_folders import release_folders
    from analyzer.model.requests.upgrade_release import take_target

    options = options or Options()
    ruleset = built_in_rules(options.rules)
    evidence = _gather([*paths, target], progress)
    _check_readable(evidence, evidence.inputs[:-1])
    asked = take_target(evidence, evidence.inputs[-1].id, target, _within(paths, target, evidence))
    folders = release_folders(asked.objects, None)
    if folders:
        names = ", ".join(f"{f.folder or '.'} ({f.version or 'version not told'})" for f in folders)
        raise UsageProblem(f"{target} holds several releases: {names}", do="Pass the folder of one of them")
    if not asked.objects:
        raise NothingToRead(
            f"no CredentialsRequest for AWS found in {target}",
            do="Extract them: oc adm release extract --credentials-requests --cloud=aws --to=DIR IMAGE",
        )
    model = build_model(evidence, options.as_of, asked, options.cluster)
    progress.step("judging")
    return _judge(evidence, model, ruleset, options)


def _within(paths: Sequence[Path], target: Path, evidence: Evidence) -> dict[str, str]:
    """Give the inputs that the target's folder lies in, by id, and where in them it lies."""
    found = {}
    for path, entry in zip(paths, evidence.inputs, strict=False):
        if not (is_remote(path) or is_remote(target)) and target.resolve().is_relative_to(path.resolve()):
            found[entry.id] = target.resolve().relative_to(path.resolve()).as_posix()
    return found


def fix(paths: Sequence[Path], options: Options | None = None, progress: Progress = SILENT) -> Mended:
    """Find documents that mend what is broken, each judged in the place of what is there; raises as above.

    Nothing in what is given holds a secret of the inputs.
    """
    from analyzer.fix.mend import mend
    from analyzer.reports.inert import without_secrets

    options = options or Options()
    ruleset = built_in_rules(options.rules)

    def judge_again(evidence: Evidence) -> tuple[Model, Report]:
        model = build_model(evidence, options.as_of, cluster=options.cluster)
        return model, _judge(evidence, model, ruleset, options)

    evidence = _gather(paths, progress)
    progress.step("judging, and trying what mends it")
    return without_secrets(mend(evidence, judge_again))


@frozen
class RolesInUse:
    """The names of the roles that chains use, and the Region to ask where ``aws`` would ask elsewhere."""

    names: tuple[str, ...]
    region: str | None


def roles_in_use(paths: Sequence[Path], progress: Progress = SILENT) -> RolesInUse:
    """Name the roles that the chains of the inputs use, as far as the inputs tell; raises as above."""
    joined = build_model(_gather(paths, progress)).joined
    names = tuple(sorted({name for choice in joined.choices.values() if (name := choice.name)}))
    return RolesInUse(names, region_apart(joined.view.partition, joined.view.region))


@frozen
class Extraction:
    """All facts of a run without any judgement, and what became of its files."""

    subjects: tuple[Subject, ...]
    evidence: Evidence
    absent: tuple[Absent, ...]
    notes: tuple[Problem, ...]
    copies: Copies
    exit_code: int
    """What could not be read: 0, 5 or 6."""


def extract(
    paths: Sequence[Path],
    as_of: datetime | None = None,
    cluster: str | None = None,
    progress: Progress = SILENT,
) -> Extraction:
    """Read the inputs and give all facts, without any judgement; raises as ``analyze`` does."""
    from analyzer.model.coverage import Copies, absent_parts

    evidence = _gather(paths, progress)
    model = build_model(evidence, as_of, cluster=cluster)
    absent = tuple(absent_parts(evidence))
    return Extraction(
        model.subjects, evidence, absent, model.notes, Copies(evidence.objects), reading_code(evidence)
    )


def _gather(paths: Sequence[Path], progress: Progress) -> Evidence:
    progress.step(f"reading {', '.join(path.name for path in paths[:3])}")
    for path in paths:
        try:
            there = is_remote(path) or path.exists()
        except OSError as error:
            if _PASTED.match(str(path)):
                there = False  # longer than a file's name can be
            else:
                raise UsageProblem(f"{path} cannot be looked at: {error.strerror}") from None
        if not there and _PASTED.match(str(path)):
            raise UsageProblem(
                "a token was given in the place of a file", do="Save it, best without its signature, as token"
            )
        if not there and str(path) == "-":
            raise UsageProblem(
                "inputs are not read from standard input", do="Save it to a file and pass that"
            )
        if not there:
            raise UsageProblem(f"{path} does not exist")
    evidence = gather(paths)
    _check_readable(evidence, evidence.inputs)
    progress.step("joining what was found")
    return evidence


def _judge(evidence: Evidence, model: Model, ruleset: RuleSet, options: Options) -> Report:
    outcomes = evaluate(ruleset, model.subjects, options.select, options.ignore)
    return make_report(evidence, model, ruleset, outcomes, options)


_LATE = (
    "analyzer.evidence.key_objects", "analyzer.model.issuer.host", "analyzer.iam.api",
    "analyzer.model.role.granted", "analyzer.model.role.organization_policies",
    "analyzer.model.role.trust_policy",
)  # fmt: skip
"""What is loaded where an input holds what it is for."""


def warm_up(options: Options) -> None:
    """Load and compile what a run may need: processes forked after it begin with reading."""
    from analyzer.iam.catalogue import load_catalogue

    for name in _LATE:
        import_module(name)
    load_catalogue()
    ruleset = built_in_rules(options.rules)
    for rule in ruleset.rules:
        for program in rule.programs:
            program.closure()
    compile_patterns()
    nothing = Evidence()
    _judge(nothing, build_model(nothing, options.as_of), ruleset, options)


def rules_directory() -> Path:
    """Give the built-in rules: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent
    installed = package / "rules"
    return installed if installed.is_dir() else package.parent / "rules"


def built_in_rules(packs: Sequence[Path] = (), *, with_tests: bool = False) -> RuleSet:
    """Load the built-in rules and the user's packs; the tests inside them only where they are asked for."""
    if with_tests:
        return load_rules([rules_directory(), *packs], VOCABULARY)
    return _loaded(tuple(packs), tuple(_state_of(packs)))


@lru_cache(maxsize=4)
def _loaded(packs: tuple[Path, ...], _state: tuple[object, ...]) -> RuleSet:
    """Load rules once for as long as the files of the packs are what they were."""
    own = rules_directory()
    return load_rules([own, *packs], VOCABULARY, with_tests=False, packed=own)


def _state_of(packs: Sequence[Path]) -> Iterator[tuple[str, int, int]]:
    for pack in packs:
        for path in (pack, *(pack / name for name in paths_below(pack))):
            with suppress(OSError):
                state = path.stat()
                yield str(path), state.st_mtime_ns, state.st_size


def _check_readable(evidence: Evidence, inputs: Sequence[InputRecord]) -> None:
    """Raise NothingToRead where nothing in these inputs is known."""
    if any(i.roots or i.contents - {REPORT} for i in inputs):
        return
    names = ", ".join(i.path for i in inputs)
    ids = {i.id for i in inputs}
    kinds = ("unsafe", "unreadable", "incomplete", "note")
    telling = [p for p in evidence.problems if p.severity in kinds and p.input in ids]
    first = min(telling, key=lambda problem: problem.severity == "note", default=None)
    detail = f" ({first.member or 'the input'}: {first.detail})" if first else ""
    members = sum(i.members for i in inputs)
    if not first and any(i.contents for i in inputs):
        detail = ": a report of must-gather-clean only helps beside the bundle that it is of"
    elif not first and evidence.times:
        detail = (
            ": what oc adm must-gather leaves is there, and nothing that it gathered: see must-gather.logs"
        )
    elif not first and any(i.kind in ("tar", "zip") for i in inputs):
        detail = f": it was opened, and its {members} files are none of those that a bundle holds"
    refused = any(i.stopped for i in inputs)
    raise (RefusedInput if refused else NothingToRead)(
        f"no must-gather and no export found in {names}{detail}",
        do="Pass a must-gather directory or archive, IAM or OIDC exports, or a directory that holds them",
    )
