"""Causes and symptoms held against each other, in both directions.

A cause that should have left an error in the logs and did not is remarked on; so is one that the logs
contradict, since AWS answered at a later stage than the cause allows. A symptom without a proven cause
keeps the causes that are left, and what would settle each. No state changes here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from analyzer.engine import Outcome
from analyzer.engine.rule import STAGES, Rule
from analyzer.findings.report import LINKS, Candidate, Finding
from analyzer.frozen import frozen, replace, slotted

_FOUND = ("fail", "warn", "info")

_SOON = timedelta(hours=1)
"""An error that begins this soon after a change may come of it."""

_OF_SOME_PODS = ("workload", "token")
"""Links whose causes are of single pods: others of the chain may get further with STS."""


@frozen
class Moment:
    """Something that a link rests on came into being: what, as a phrase, and when."""

    link: str
    what: str
    when: datetime


@frozen
class Trace:
    """What the logs of one chain cover; the times are None where no line has one."""

    name: str
    pods: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    moments: tuple[Moment, ...]


def correlate(
    findings: Sequence[Finding], outcomes: Sequence[Outcome], traces: Mapping[str, Trace]
) -> tuple[Finding, ...]:
    """Add remarks and candidates to findings.

    ``traces`` has the chains whose logs were gathered, by their ids.
    """
    heard = _Heard(outcomes, traces)
    return tuple(heard.on_cause(f) if f.kind == "cause" else heard.on_symptom(f) for f in findings)


@slotted
class _Seen:
    """One symptom rule on one chain: at which stage AWS answered, and when first and last."""

    rule: Rule
    first: datetime | None
    last: datetime | None


class _Heard:
    """All symptoms of a run, ready to be asked."""

    def __init__(self, outcomes: Sequence[Outcome], traces: Mapping[str, Trace]) -> None:
        self.traces = traces
        self.outcomes = outcomes
        self.rules = {o.rule.id: o.rule for o in outcomes}
        self.seen: dict[str, list[_Seen]] = {}
        for outcome in outcomes:
            if outcome.state in _FOUND and outcome.rule.kind == "symptom" and outcome.rule.stage:
                first, last = _times(outcome)
                for chain in outcome.subject.chains:
                    self.seen.setdefault(chain, []).append(_Seen(outcome.rule, first, last))

    # --- from a cause to its symptoms ---------------------------------------------------------

    def on_cause(self, finding: Finding) -> Finding:
        """Remark on a proven cause whose errors are not in the logs that were gathered."""
        rule = self.rules[finding.rule]
        expected = [s for s in rule.explains if s.startswith("log-")]
        if finding.state != "fail" or rule.sts_error is None or not expected:
            return finding
        chains = [c for c in finding.chains if c in self.traces]
        if not chains or any(s.rule.id in expected for c in chains for s in self.seen.get(c, ())):
            return finding
        if not self._is_answered(finding):
            return finding  # STS may be content with today's tokens: no error is to be expected
        remarks = self._contradiction(rule, chains) or self._hidden(rule, chains)
        return replace(finding, remarks=remarks or (self._silence(rule, chains, expected),))

    def _is_answered(self, finding: Finding) -> bool:
        """Tell whether the cause leads to an error of STS here: its answer may come out empty."""
        chains = set(finding.chains)
        failed = [o for o in self.outcomes if o.rule.id == finding.rule and o.state == "fail"]
        return any(o.sts_error for o in failed if chains & set(o.subject.chains))

    def _contradiction(self, rule: Rule, chains: Sequence[str]) -> tuple[str, ...]:
        """Say that AWS answered at a stage that this cause lets no call of the chain get to."""
        stage = rule.sts_error.stage if rule.sts_error else ""
        if rule.link in _OF_SOME_PODS or rule.id == "trust-subject-partial":
            return ()
        later = [
            (c, s)
            for c in chains
            for s in self.seen.get(c, ())
            if s.rule.stage and STAGES.index(s.rule.stage) > STAGES.index(stage)
        ]
        if not later:
            return ()
        chain, symptom = max(later, key=lambda pair: (pair[1].last is not None, pair[1].last or _NEVER))
        when = f", last at {_stamp(symptom.last)}" if symptom.last else ""
        kept = " (credentials that were got before last up to an hour)" if _is_service(symptom) else ""
        return (
            f"The log of {self.traces[chain].name} says otherwise: {symptom.rule.id}{when}, which is decided"
            f" after {_STAGE_WORDS[stage]}, so the call had got past it{kept}. Either this came about since,"
            " or what shows it is not of this cluster's present state.",
        )

    def _hidden(self, rule: Rule, chains: Sequence[str]) -> tuple[str, ...]:
        """Say that an earlier stage stops the call, so that this cause cannot show in the logs."""
        stage = rule.sts_error.stage if rule.sts_error else ""
        earlier = [
            s
            for c in chains
            for s in self.seen.get(c, ())
            if s.rule.stage and STAGES.index(s.rule.stage) < STAGES.index(stage)
        ]
        if not earlier:
            return ()
        first = min(earlier, key=lambda s: STAGES.index(s.rule.stage or ""))
        return (
            f"No error of it can be in the logs: the calls stop before it, with {first.rule.id}. It shows"
            " when that is mended.",
        )

    def _silence(self, rule: Rule, chains: Sequence[str], expected: Sequence[str]) -> str:
        traces = [self.traces[c] for c in chains]
        span = _span(traces)
        pods = [pod for trace in traces for pod in trace.pods]
        whose = (
            f"the logs of {pods[0]}"
            if len(pods) == 1
            else f"the logs of {len(pods)} pods of {_listed([t.name for t in traces])}"
            if pods
            else f"the logs of {_listed([t.name for t in traces])}"
        )
        covered = f"{span} of {whose.removeprefix('the ')}" if span else whose
        if rule.sts_error and rule.sts_error.stage == "permissions":
            return f"No denial of it in {covered}: it may not have been called in that time."
        return f"No such error in {covered} ({', '.join(expected)}): check that these logs cover the failure."

    # --- from a symptom to its causes ---------------------------------------------------------

    def on_symptom(self, finding: Finding) -> Finding:
        """Give a symptom the causes that are left, and the changes that it began or ended with."""
        if finding.kind != "symptom":
            return finding
        remarks = tuple(dict.fromkeys(text for c in finding.chains for text in self._changes(finding, c)))
        if finding.explained_by:
            return replace(finding, remarks=remarks)
        logged = any(self.seen.get(c) for c in finding.chains)
        if logged and not self.rules[finding.rule].stage:
            return replace(finding, remarks=remarks)  # the log lines beside it are nearer to the cause
        return replace(finding, remarks=remarks, candidates=self._candidates(finding))

    def _candidates(self, finding: Finding) -> tuple[Candidate, ...]:
        groups: dict[tuple[str, str | None], tuple[list[str], str | None]] = {}
        pointed = self.rules[finding.rule].points_at
        for outcome in self.outcomes:
            rule = outcome.rule
            if outcome.state != "unknown" or finding.rule not in rule.explains or rule.link not in LINKS:
                continue
            if not set(outcome.subject.chains) & set(finding.chains):
                continue
            item = next((m for m in outcome.missing if m.command), None)
            key = (rule.link, item.evidence if item else None)
            rules, _ = groups.setdefault(key, ([], item.command if item else None))
            if rule.id not in rules:
                rules.append(rule.id)
        order = sorted(groups, key=lambda key: (key[0] not in pointed, LINKS.index(key[0]), key[1] is None))
        return tuple(Candidate(k[0], tuple(groups[k][0]), k[1], groups[k][1]) for k in order)

    def _changes(self, finding: Finding, chain: str) -> list[str]:
        """Say what was made shortly before the errors began, or after the last of them."""
        trace = self.traces.get(chain)
        seen = next((s for s in self.seen.get(chain, ()) if s.rule.id == finding.rule), None)
        if trace is None or seen is None or seen.first is None or seen.last is None:
            return []
        texts = []
        for moment in trace.moments:
            if moment.link not in self.rules[finding.rule].points_at:
                continue
            if seen.last < moment.when:
                texts.append(
                    f"The last of these lines ({_stamp(seen.last)}) is older than the present state:"
                    f" {moment.what} at {_stamp(moment.when)}."
                )
            elif trace.first and trace.first < moment.when <= seen.first <= moment.when + _SOON:
                minutes = int((seen.first - moment.when).total_seconds() // 60)
                texts.append(
                    f"They begin {minutes} min after {moment.what} ({_stamp(moment.when)});"
                    " before that the logs hold none."
                )
        return texts


_STAGE_WORDS = {
    "token-file": "the token is read",
    "provider": "the provider is found",
    "audience": "the audience is checked",
    "keys": "the token is verified",
    "expiry": "the token's age is checked",
    "trust": "the trust policy is asked",
    "permissions": "the permissions are asked",
}
_NEVER = datetime.min.replace(tzinfo=UTC)


def _is_service(symptom: _Seen) -> bool:
    return symptom.rule.stage == "permissions"


def _times(outcome: Outcome) -> tuple[datetime | None, datetime | None]:
    """Read first and last of the map fact that a symptom rule is about."""
    for name in outcome.rule.check.refs:
        fact = outcome.subject.facts.get(name)
        value = getattr(fact, "value", None)
        if isinstance(value, Mapping):
            return _time(value.get("first")), _time(value.get("last"))
    return None, None


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _span(traces: Sequence[Trace]) -> str:
    """Write how much time the logs cover, from the shortest of them to the longest."""
    spans = [t.last - t.first for t in traces if t.first and t.last]
    if not spans:
        return ""
    return " to ".join(dict.fromkeys(map(_length, (min(spans), max(spans)))))


def _length(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
