"""One run, top to bottom: open, gather, join, evaluate, report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from analyzer.bundle.s3 import is_remote
from analyzer.engine import Fact, Outcome, RuleSet, Subject, choose, evaluate, load_rules
from analyzer.errors import NothingToRead, RefusedInput, UsageProblem
from analyzer.evidence.gather import REPORT, gather
from analyzer.evidence.gathered import Evidence, Problem
from analyzer.findings import judge
from analyzer.findings.baseline import LONGEST, accept, read_baseline
from analyzer.findings.correlate import Moment, Trace, correlate
from analyzer.findings.readiness import judge_readiness
from analyzer.findings.report import (
    Chain,
    Cluster,
    Input,
    ReadError,
    Report,
    RoleRef,
    Rules,
    Run,
    Tool,
)
from analyzer.frozen import frozen
from analyzer.model.chain_subject import ChainModel
from analyzer.model.cluster import Facts, value_of
from analyzer.model.coverage import Absent, Copies, absent_parts
from analyzer.model.join import Model, build_model, issuer_in_force
from analyzer.model.link_facts import link_facts
from analyzer.model.release_folders import release_folders
from analyzer.model.symptoms import is_over, recency, stamp
from analyzer.model.upgrade_release import take_target
from analyzer.model.vocabulary import VOCABULARY
from analyzer.progress import SILENT, Progress
from analyzer.reports.inert import without_secrets
from analyzer.version import __version__

if TYPE_CHECKING:
    from analyzer.fix.mend import Mended

FailOn = Literal["fail", "warn", "unknown"]

_LEVELS = {"fail": ("fail",), "warn": ("fail", "warn"), "unknown": ("fail", "warn")}


@frozen
class Options:
    """What the user asked for beside the inputs."""

    as_of: datetime | None = None
    rules: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    cluster: str | None = None
    """Id or infrastructure name of the cluster to judge, where the inputs hold several."""
    namespace: str | None = None
    operator: str | None = None
    fail_on: FailOn = "fail"
    strict: bool = False
    baseline: Path | None = None


def analyze(paths: Sequence[Path], options: Options | None = None, progress: Progress = SILENT) -> Report:
    """Read the inputs and judge them; ``progress`` is told each step.

    Raises NothingToRead where no input holds anything of use, UsageProblem for a path that does not
    exist, RuleProblem for a bad rule file. Whatever an input holds never raises.
    """
    options = options or Options()
    progress.step("loading the rules")
    ruleset = built_in_rules(options.rules)
    choose(ruleset, options.select, options.ignore)  # a misspelt id is said before anything is read
    progress.step(f"reading {', '.join(path.name for path in paths[:3])}")
    evidence = _gather(paths)
    progress.step("joining what was found")
    model = build_model(evidence, options.as_of, cluster=options.cluster)
    progress.step("judging")
    outcomes = evaluate(ruleset, model.subjects, options.select, options.ignore)
    return make_report(evidence, model, ruleset, outcomes, options)


def upgrade(paths: Sequence[Path], target: Path, options: Options | None = None) -> Report:
    """Judge the inputs, and whether they are ready for the release whose requests ``target`` holds.

    Raises as ``analyze`` does, and NothingToRead for a target without CredentialsRequests.
    """
    options = options or Options()
    ruleset = built_in_rules(options.rules)
    evidence = _gather([*paths, target])
    asked = take_target(evidence, evidence.inputs[-1].id, target)
    folders = release_folders(asked.objects, None)
    if folders:
        names = ", ".join(f"{f.folder or '.'} ({f.version or 'version not told'})" for f in folders)
        raise UsageProblem(f"{target} holds several releases: {names}", do="Pass the folder of one of them")
    if not asked.objects:
        raise NothingToRead(
            f"no CredentialsRequest found in {target}",
            do="Extract them: oc adm release extract --credentials-requests --cloud=aws --to=DIR IMAGE",
        )
    model = build_model(evidence, options.as_of, asked, options.cluster)
    outcomes = evaluate(ruleset, model.subjects, options.select, options.ignore)
    return make_report(evidence, model, ruleset, outcomes, options)


def fix(paths: Sequence[Path], options: Options | None = None) -> Mended:
    """Find documents that mend what is broken, each judged in the place of what is there; raises as above."""
    from analyzer.fix.mend import mend

    options = options or Options()
    ruleset = built_in_rules(options.rules)

    def judge_again(evidence: Evidence) -> tuple[Model, Report]:
        model = build_model(evidence, options.as_of, cluster=options.cluster)
        outcomes = evaluate(ruleset, model.subjects, options.select, options.ignore)
        return model, make_report(evidence, model, ruleset, outcomes, options)

    return mend(_gather(paths), judge_again)


def role_names(paths: Sequence[Path]) -> tuple[str, ...]:
    """Name the roles that the chains of the inputs use, as far as the inputs tell; raises as above."""
    joined = build_model(_gather(paths)).joined
    return tuple(sorted({name for choice in joined.choices.values() if (name := choice.name)}))


@frozen
class Extraction:
    """All facts of a run without any judgement, and what became of its files."""

    subjects: tuple[Subject, ...]
    evidence: Evidence
    absent: tuple[Absent, ...]
    notes: tuple[Problem, ...]
    copies: Copies


def extract(paths: Sequence[Path], as_of: datetime | None = None, cluster: str | None = None) -> Extraction:
    """Read the inputs and give all facts, without any judgement; raises as ``analyze`` does."""
    evidence = _gather(paths)
    model = build_model(evidence, as_of, cluster=cluster)
    absent = tuple(absent_parts(evidence))
    return Extraction(model.subjects, evidence, absent, model.notes, Copies(evidence.objects))


def _gather(paths: Sequence[Path]) -> Evidence:
    for path in paths:
        try:
            there = is_remote(path) or path.exists()
        except OSError as error:  # a token pasted in place of a path is no name that a file can have
            raise UsageProblem(f"{path} cannot be looked at: {error.strerror}") from None
        if not there:
            raise UsageProblem(f"{path} does not exist")
    evidence = gather(paths)
    _check_readable(evidence)
    return evidence


def rules_directory() -> Path:
    """Give the built-in rules: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent
    installed = package / "_rules"
    return installed if installed.is_dir() else package.parent / "rules"


def built_in_rules(packs: Sequence[Path] = (), *, with_tests: bool = False) -> RuleSet:
    """Load the built-in rules and the user's packs; the tests inside them only where they are asked for."""
    if packs or with_tests:
        return load_rules([rules_directory(), *packs], VOCABULARY, with_tests=with_tests)
    return _built_in()


@cache
def _built_in() -> RuleSet:
    return load_rules([rules_directory()], VOCABULARY, with_tests=False, checked=True)


def _check_readable(evidence: Evidence) -> None:
    if any(i.roots or i.contents - {REPORT} for i in evidence.inputs):
        return
    names = ", ".join(i.path for i in evidence.inputs)
    first = next(
        (p for p in evidence.problems if p.severity in ("unsafe", "unreadable", "incomplete", "note")), None
    )
    detail = f" ({first.member or 'the input'}: {first.detail})" if first else ""
    members = sum(i.members for i in evidence.inputs)
    if not first and any(i.contents for i in evidence.inputs):
        detail = ": a report of must-gather-clean only helps beside the bundle that it is of"
    elif not first and any(i.kind in ("tar", "zip") for i in evidence.inputs):
        detail = f": it was opened, and its {members} files are none of those that a bundle holds"
    refused = any(i.stopped for i in evidence.inputs)
    raise (RefusedInput if refused else NothingToRead)(
        f"no must-gather and no export found in {names}{detail}",
        do="Pass a must-gather directory or archive, IAM or OIDC exports, or a directory that holds them",
    )


def make_report(
    evidence: Evidence, model: Model, ruleset: RuleSet, outcomes: Sequence[Outcome], options: Options
) -> Report:
    """Put the judgement together; exit code included."""
    static = frozenset(m.chain.id for m in model.chains if m.mechanism == "static-keys")
    outcomes = judge.without_static(outcomes, static)
    webhook = frozenset(m.chain.id for m in model.chains if m.chain.webhook_account)
    outcomes = judge.for_webhook(outcomes, webhook)
    in_part = bool(options.select or options.ignore)
    chains = tuple(_judge_chain(m, model, outcomes, in_part) for m in model.chains if _asked_for(m, options))
    ids = {c.id for c in chains}
    if len(ids) < len(model.chains):
        outcomes = [o for o in outcomes if o.subject.kind != "chain" or o.subject.name in ids]
    relevant = frozenset(c.id for c in chains if c.verdict.state != "not-applicable")
    findings = correlate(judge.make_findings(outcomes, relevant), outcomes, _traces(model))
    errors = _read_errors(evidence) + judge.rule_errors(outcomes)
    report = Report(
        tool=Tool("sts-doctor", __version__),
        rules=Rules(__version__, ruleset.sha256, tuple(ruleset.packs)),
        run=_run(model, options),
        inputs=_inputs(evidence, model),
        cluster=_cluster(model.cluster),
        chains=chains,
        findings=findings,
        common_cause=judge.find_common_cause(chains, outcomes),
        missing=judge.find_missing(
            outcomes, chains, frozenset(m.chain.id for m in model.chains if m.chain.optional)
        ),
        counts=judge.count(outcomes),
        errors=tuple(errors),
        exit_code=0,
        facts=link_facts(model.subjects, relevant),
        timeline=tuple(e for e in model.timeline if not e.chains or ids & set(e.chains)),
        notices=_narrowed(options),
        readiness=judge_readiness(_target(model), findings, outcomes),
    )
    return without_secrets(_with_exit_code(_accepted(report, options), evidence, options))


def _narrowed(options: Options) -> tuple[str, ...]:
    """Say what was left out on request: a report on a part must not look like one on the whole."""
    parts = {
        "only rules of": ", ".join(options.select), "no rules of": ", ".join(options.ignore),
        "only the namespace": options.namespace, "only the operator": options.operator,
    }  # fmt: skip
    said = [f"{what} {which}" for what, which in parts.items() if which]
    return (f"asked for a part: {'; '.join(said)}",) if said else ()


def _accepted(report: Report, options: Options) -> Report:
    """Mark what the user's baseline accepts; whether it still holds is asked of today, or of --as-of."""
    if options.baseline is None:
        return report
    try:
        with options.baseline.open("rb") as file:
            text = file.read(LONGEST + 1).decode("utf-8-sig", "replace")
    except OSError as error:
        raise UsageProblem(f"cannot read {options.baseline}: {error.strerror}") from None
    if len(text) > LONGEST:
        raise UsageProblem(f"{options.baseline} is larger than {LONGEST >> 20} MiB")
    today = (options.as_of or datetime.now(UTC)).date()
    return accept(report, read_baseline(text, str(options.baseline)), today)


def _target(model: Model) -> str | None:
    """Name the release to go to, as far as its requests tell."""
    facts = next((s.facts for s in model.subjects if s.kind == "upgrade"), {})
    fact = facts.get("upgrade.target")
    return fact.value if isinstance(fact, Fact) and isinstance(fact.value, str) else None


def _asked_for(model: ChainModel, options: Options) -> bool:
    if options.namespace and model.chain.namespace != options.namespace:
        return False
    names = (model.operator, model.chain.request.name if model.chain.request else None)
    return not options.operator or any(name and options.operator in name for name in names)


def _judge_chain(model: ChainModel, whole: Model, outcomes: Sequence[Outcome], in_part: bool) -> Chain:
    chain = model.chain
    subject = next(s for s in whole.subjects if s.kind == "chain" and s.name == chain.id)
    uses = subject.facts["chain.uses_sts"]
    times = [s for s in model.symptoms if s.last]
    lasting = [s for s in times if not is_over(s.klass, s.last, model.recovered)]
    firsts = [s.first for s in model.symptoms if s.first]
    info = judge.ChainInfo(
        id=chain.id,
        request=chain.request.name if chain.request else None,
        operator=model.operator,
        mechanism=model.mechanism,
        service_accounts=chain.service_accounts,
        role=RoleRef(model.role.arn, model.role.how),
        uses_sts=bool(uses.value) if isinstance(uses, Fact) else None,
        recency=recency(lasting, whole.as_of) if lasting else ("stopped" if times else "unknown"),
        since=stamp(min(firsts)) if firsts else None,
        in_part=in_part,
    )
    return judge.judge_chain(info, judge.outcomes_of(chain.id, outcomes))


def _traces(model: Model) -> dict[str, Trace]:
    """Give what the logs of the chains cover, and when what the chains rest on was made."""
    return {
        m.chain.id: Trace(
            name=m.operator or m.chain.id,
            pods=m.cover.pods,
            first=m.cover.first,
            last=m.cover.last,
            moments=tuple(Moment(c.link, c.what, c.when) for c in m.changes),
        )
        for m in model.chains
        if m.cover is not None and not m.chain.optional
    }


def _run(model: Model, options: Options) -> Run:
    source = "--as-of" if options.as_of else ("timestamp" if model.as_of else "not known")
    return Run(stamp(model.as_of) if model.as_of else None, source)


def _inputs(evidence: Evidence, model: Model) -> tuple[Input, ...]:
    return tuple(
        Input(
            id=i.id,
            kind=i.kind,
            path=i.path,
            sha256=i.sha256,
            members=i.members,
            bytes=i.bytes,
            cleaned=i.cleaned is not None,
            warnings=tuple(
                f"{p.member}: {p.detail}" if p.member else p.detail
                for p in (*evidence.problems, *model.notes)
                if p.input == i.id
            )[:50],
        )
        for i in evidence.inputs
    )


def _cluster(facts: Facts) -> Cluster:
    def plain(name: str) -> str | None:
        value = value_of(facts, f"cluster.{name}")
        return value if isinstance(value, str) else None

    origins = {}
    for name in (
        "id",
        "infra_name",
        "version",
        "platform",
        "region",
        "partition",
        "credentials_mode",
        "issuer",
    ):
        fact = facts.get(f"cluster.{name}")
        if isinstance(fact, Fact) and fact.cites:
            origins[name] = f"{fact.cites[0].file}:{fact.cites[0].line}"
    issuer = facts.get("cluster.runtime_issuer")
    issuer = issuer if isinstance(issuer, Fact) else facts.get("cluster.authentication_issuer")
    if isinstance(issuer, Fact) and issuer.cites:
        origins["issuer"] = f"{issuer.cites[0].file}:{issuer.cites[0].line}"
    sts = value_of(facts, "cluster.sts")
    return Cluster(
        id=plain("id"),
        infra_name=plain("infra_name"),
        version=plain("version"),
        platform=plain("platform"),
        region=plain("region"),
        partition=plain("partition"),
        credentials_mode=plain("credentials_mode"),
        issuer=issuer_in_force(facts),
        sts=sts if isinstance(sts, bool) else None,
        origins=origins,
    )


def _read_errors(evidence: Evidence) -> list[ReadError]:
    return [ReadError(p.input, p.member, p.code, p.detail) for p in evidence.problems if p.severity != "note"]


def _with_exit_code(report: Report, evidence: Evidence, options: Options) -> Report:
    """Choose the exit code: findings first, then what could not be read, then what is not known."""
    levels = _LEVELS[options.fail_on]
    code = 0
    if (
        any(f.state in levels and f.muted is None for f in report.findings)
        or report.counts.error
        or (options.fail_on == "unknown" and report.counts.unknown)
    ):
        code = 1
    elif any(i.stopped for i in evidence.inputs):
        code = 5
    elif any(p.severity not in ("secret", "note") for p in evidence.problems):
        code = 6
    elif options.strict and any(c.verdict.state in ("unknown", "suspected") for c in report.chains):
        code = 4
    return replace(report, exit_code=code)
