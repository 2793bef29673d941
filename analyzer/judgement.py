"""The report of one run, put together from evidence, model and outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from analyzer.engine import Fact, Outcome, RuleSet, Unknown
from analyzer.engine.source import nearest
from analyzer.errors import UsageProblem
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.records import Symptom
from analyzer.evidence.values import text as _text
from analyzer.findings.common_cause import find_common_cause
from analyzer.findings.correlate import Moment, Trace, correlate
from analyzer.findings.counts import count, rule_errors
from analyzer.findings.finding import make_findings
from analyzer.findings.missing import bundle_first, find_missing
from analyzer.findings.readiness import Way, judge_readiness
from analyzer.findings.regional import findings_in_region, missing_in_region, region_apart
from analyzer.findings.report import Cluster, Input, ReadError, Report, RoleRef, Rules, Run, Tool
from analyzer.findings.scope import asked_beside, by_chain, for_control_plane, for_webhook, without_static
from analyzer.findings.verdict import ChainInfo, judge_chain
from analyzer.frozen import replace
from analyzer.model.join import Model, issuer_in_force
from analyzer.model.joining.cluster import Facts, value_of
from analyzer.model.link_facts import link_facts
from analyzer.model.subjects.chain import ChainModel
from analyzer.model.symptoms.logs import is_over, recency, stamp
from analyzer.model.symptoms.unclaimed import hosted_trouble, unclaimed_conditions, unclaimed_errors
from analyzer.options import Options
from analyzer.redact import redact
from analyzer.reports.inert import without_secrets
from analyzer.version import __version__

_ONE_OUTAGE = timedelta(days=1)
"""The longest silence between errors of one outage."""

_LATELY = timedelta(days=1)
"""How far from the gather a recorded sign-in may be to be told in the verdict."""

_LEVELS = {"fail": ("fail",), "warn": ("fail", "warn"), "unknown": ("fail", "warn"), "never": ()}


def make_report(
    evidence: Evidence, model: Model, ruleset: RuleSet, outcomes: Sequence[Outcome], options: Options
) -> Report:
    """Put the judgement together; exit code included."""
    static = frozenset(m.chain.id for m in model.chains if m.mechanism == "static-keys")
    outcomes = without_static(outcomes, static)
    webhook = frozenset(m.chain.id for m in model.chains if m.chain.webhook_account)
    outcomes = for_webhook(outcomes, webhook)
    outside = frozenset(m.chain.id for m in model.chains if m.chain.of_control_plane)
    secrets = frozenset(m.chain.id for m in model.chains if m.chain.secret_outside)
    outcomes = for_control_plane(outcomes, outside, secrets)
    in_part = bool(options.select or options.ignore)
    asked = [m for m in model.chains if _asked_for(m, options)]
    if model.chains and not asked:
        raise _nothing_asked(model, options)
    of_chain = by_chain(outcomes)
    in_question = [o for m in asked for o in of_chain.get(m.chain.id, ())] if in_part else []
    unasked = in_part and all(o.state == "not-applicable" for o in in_question)
    chains = tuple(
        judge_chain(info, of_chain.get(info.id, [])) for info in _chain_infos(asked, model, in_part, unasked)
    )
    ids = {c.id for c in chains}
    if len(ids) < len(model.chains):
        outcomes = [o for o in outcomes if o.subject.kind != "chain" or o.subject.name in ids]
    relevant = frozenset(c.id for c in chains if c.verdict.state != "not-applicable")
    cluster = _cluster(model.cluster)
    region = region_apart(cluster.partition, cluster.region)
    found = correlate(make_findings(outcomes, relevant), outcomes, _traces(model))
    findings = findings_in_region(found, region)
    errors = _read_errors(evidence) + rule_errors(outcomes)
    unused = frozenset(m.chain.id for m in model.chains if m.chain.optional)
    missing = missing_in_region(find_missing(outcomes, chains, unused), region)
    report = Report(
        tool=Tool("sts-doctor", __version__),
        rules=Rules(__version__, ruleset.sha256, tuple(ruleset.packs)),
        run=_run(model, options),
        inputs=_inputs(evidence, model),
        cluster=cluster,
        chains=chains,
        findings=tuple(findings),
        common_cause=find_common_cause(chains, outcomes),
        missing=missing if any(i.roots for i in evidence.inputs) else bundle_first(missing),
        counts=count(outcomes),
        errors=tuple(errors),
        exit_code=0,
        facts=link_facts(model.subjects, relevant),
        timeline=tuple(e for e in model.timeline if not e.chains or ids & set(e.chains)),
        notices=(*_narrowed(options), *_unclaimed(evidence, model)),
        readiness=judge_readiness(_way(model), findings, outcomes),
        asked=asked_beside(chains, outcomes),
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


def _unclaimed(evidence: Evidence, model: Model) -> tuple[str, ...]:
    """Say which errors of signing in no chain tells; of no interest where STS is known not to be used.

    Those of a hosted cluster that is not judged are of interest in any case.
    """
    hosted = hosted_trouble(evidence.symptoms, model.beside, alone=not model.chains)
    if value_of(model.cluster, "cluster.sts") is False:
        return hosted
    symptoms = model.joined.evidence.symptoms
    chained = {m.chain.namespace for m in model.chains}
    of_logs = unclaimed_errors(symptoms, chained, {one.namespace for one in model.beside})
    return (*of_logs, *unclaimed_conditions(model.joined), *hosted)


def _accepted(report: Report, options: Options) -> Report:
    """Mark what the user's baseline accepts; whether it still holds is asked of today, or of --as-of."""
    if options.baseline is None:
        return report
    from analyzer.findings.baseline import LONGEST, accept, read_baseline

    try:
        with options.baseline.open("rb") as file:
            text = file.read(LONGEST + 1).decode("utf-8-sig", "replace")
    except OSError as error:
        raise UsageProblem(f"cannot read {options.baseline}: {error.strerror}") from None
    if len(text) > LONGEST:
        raise UsageProblem(f"{options.baseline} is larger than {LONGEST >> 20} MiB")
    today = (options.as_of or datetime.now(UTC)).date()
    return accept(report, read_baseline(text, str(options.baseline)), today)


def _way(model: Model) -> Way:
    """Tell the release to go to and the way there, as far as its requests tell."""
    facts = dict(next((s.facts for s in model.subjects if s.kind == "upgrade"), {}))
    between = value_of(facts, "upgrade.between")
    return Way(
        _text(value_of(facts, "upgrade.target")),
        _text(value_of(facts, "cluster.version")),
        value_of(facts, "upgrade.older") is True,
        tuple(str(minor) for minor in between) if isinstance(between, list) else (),
    )


def _asked_for(model: ChainModel, options: Options) -> bool:
    if options.namespace and model.chain.namespace != options.namespace:
        return False
    names = (model.operator, model.chain.request.name if model.chain.request else None)
    return not options.operator or any(name and options.operator in name for name in names)


def _nothing_asked(model: Model, options: Options) -> UsageProblem:
    """Name what could have been asked for: a name that no chain has is a slip, not a healthy cluster."""
    chains = [m.chain for m in model.chains]
    namespaces = sorted({chain.namespace for chain in chains})
    if options.namespace and options.namespace not in namespaces:
        what = f"no chain of these inputs has its Secret in the namespace {options.namespace!r}"
        return UsageProblem(what, do=nearest(options.namespace, namespaces))
    here = [m for m in model.chains if not options.namespace or m.chain.namespace == options.namespace]
    names = {m.operator or (m.chain.request.name if m.chain.request else "") for m in here} - {""}
    place = f" in {options.namespace}" if options.namespace else ""
    what = f"no chain of these inputs{place} is of the operator {options.operator!r}"
    return UsageProblem(what, do=nearest(options.operator or "", names))


def _chain_infos(
    asked: Sequence[ChainModel], model: Model, in_part: bool, unasked: bool
) -> Iterator[ChainInfo]:
    uses = {s.name: s.facts["chain.uses_sts"] for s in reversed(model.subjects) if s.kind == "chain"}
    for one in asked:
        yield _chain_info(one, uses[one.chain.id], model.as_of, in_part=in_part, unasked=unasked)


def _chain_info(
    model: ChainModel, uses: Fact | Unknown, as_of: datetime | None, *, in_part: bool, unasked: bool
) -> ChainInfo:
    chain = model.chain
    times = [s for s in model.symptoms if s.last]
    lasting = [s for s in times if not is_over(s.klass, s.last, model.recovered)]
    met = [s for s in lasting if recency([s], as_of) != "stopped"]
    firsts = _starts(met, as_of) or [began for s in model.symptoms if (began := s.began or s.first)]
    return ChainInfo(
        id=chain.id,
        request=chain.request.name if chain.request else None,
        operator=model.operator,
        mechanism=model.mechanism,
        service_accounts=chain.service_accounts,
        role=RoleRef(model.role.arn, model.role.how),
        uses_sts=bool(uses.value) if isinstance(uses, Fact) else None,
        recency=recency(lasting, as_of) if lasting else ("stopped" if times else "unknown"),
        since=stamp(min(firsts)) if firsts else None,
        in_part=in_part,
        unasked=unasked,
        signed_in=_signed_in(model.recovered, as_of) and not met,
    )


def _starts(met: Sequence[Symptom], as_of: datetime | None) -> list[datetime]:
    """Give when what is not over began; of what no call reaches any more, where the rest followed on it."""
    going = [s for s in met if recency([s], as_of) == "ongoing"]
    first = min((began for s in going if (began := s.began or s.first)), default=None)
    one = [s for s in met if first is None or s in going or (s.last and first - s.last <= _ONE_OUTAGE)]
    return [began for s in one if (began := s.began or s.first)]


def _signed_in(worked: datetime | None, as_of: datetime | None) -> bool:
    return worked is not None and as_of is not None and abs(as_of - worked) <= _LATELY


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
    told = "timestamp" if model.joined.evidence.times else "newest log line"
    source = "--as-of" if options.as_of else (told if model.as_of else "not known")
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


_IDENTITY = (
    "id", "infra_name", "version", "platform", "region", "partition", "credentials_mode", "issuer",
)  # fmt: skip


def _cluster(facts: Facts) -> Cluster:
    values = {name: value_of(facts, f"cluster.{name}") for name in _IDENTITY}
    values["issuer"] = issuer_in_force(facts)
    shown = {name: facts.get(f"cluster.{name}") for name in _IDENTITY}
    runtime = facts.get("cluster.runtime_issuer")
    own = facts.get("cluster.authentication_issuer")
    told = runtime if isinstance(runtime, Fact) and runtime.value == values["issuer"] else own
    if isinstance(told, Fact) and told.cites:
        shown["issuer"] = told
    sts = value_of(facts, "cluster.sts")
    return Cluster(
        **{name: value if isinstance(value, str) else None for name, value in values.items()},
        sts=sts if isinstance(sts, bool) else None,
        origins={
            # a name in which something stands like a secret would lose the line with it
            name: f"{redact(fact.cites[0].file)}:{fact.cites[0].line}"
            for name, fact in shown.items()
            if isinstance(fact, Fact) and fact.cites
        },
    )


def _read_errors(evidence: Evidence) -> list[ReadError]:
    return [ReadError(p.input, p.member, p.code, p.detail) for p in evidence.problems if p.severity != "note"]


def reading_code(evidence: Evidence) -> int:
    """Give the exit code that says what could not be read; 0 where all was."""
    if any(i.stopped for i in evidence.inputs):
        return 5
    return 6 if any(p.severity not in ("secret", "note") for p in evidence.problems) else 0


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
    elif of_reading := reading_code(evidence):
        code = of_reading
    elif options.strict and _open(report):
        code = 4
    return replace(report, exit_code=code)


def _open(report: Report) -> bool:
    """Tell whether a verdict is not known: of a chain, or of a cluster of which no chain is here."""
    if not report.chains:
        return report.cluster.sts is not False
    return any(c.verdict.state in ("unknown", "suspected") for c in report.chains)
