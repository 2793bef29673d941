"""What changed between two reports on one cluster: mended, new, still there, no longer visible.

A finding that is gone is mended only where its rule now passes. Where the rule cannot be judged any
more, the finding is out of sight, and that is no improvement.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import Literal, TypeVar

from analyzer.errors import UsageProblem
from analyzer.findings.masked import hides_cluster, is_masked, may_be
from analyzer.findings.readiness import LINK
from analyzer.findings.report import LINKS, Cluster, Finding, Report
from analyzer.frozen import frozen

Change = Literal["fixed", "new", "seen", "still", "changed", "moot", "lost"]
"""What became of a finding. ``seen``: it was not visible before. ``changed``: the state is another.
``moot``: the rule does not apply any more. ``lost``: the rule cannot be judged any more."""

_WORST_FIRST = ("fail", "error", "warn", "unknown", "info", "pass", "not-applicable")
_JUDGED = ("fail", "warn", "info", "pass")
_VOLATILE = frozenset({"pods"})
"""Facts that differ after every restart and say nothing by that."""

Key = tuple[str, str]
"""A rule, and a chain or another subject."""

_Value = TypeVar("_Value")


@frozen
class Side:
    """One of the two reports."""

    cluster: Cluster
    as_of: str | None


@frozen
class FindingChange:
    """What became of one rule's findings on some subjects; ``finding`` is the later one if there is one."""

    change: Change
    rule: str
    link: str
    subjects: tuple[str, ...]
    was: str | None
    now: str | None
    finding: Finding

    @property
    def worse(self) -> bool:
        """Whether it was not found before, or is at a worse state now."""
        if self.change in ("new", "seen") or self.was is None or self.now is None:
            return self.now is not None
        return _WORST_FIRST.index(self.now) < _WORST_FIRST.index(self.was)


@frozen
class VerdictChange:
    """Chains whose verdict is another; None where the chain is not in that report."""

    chains: tuple[str, ...]
    was: str | None
    was_link: str | None
    now: str | None
    now_link: str | None


@frozen
class Lost:
    """Rules of one link that were judged on some chains and cannot be any more, and what settles them."""

    link: str
    rules: tuple[str, ...]
    chains: tuple[str, ...]
    commands: tuple[str, ...]


@frozen
class FactChange:
    """A fact that is another; None where it is not known."""

    name: str
    chains: tuple[str, ...]
    was: str | None
    now: str | None


@frozen
class Difference:
    """Everything that two reports differ in."""

    old: Side
    new: Side
    verdicts: tuple[VerdictChange, ...]
    findings: tuple[FindingChange, ...]
    lost: tuple[Lost, ...]
    facts: tuple[FactChange, ...]
    names: dict[str, str]
    """What people call the chains: their operators."""
    notices: tuple[str, ...] = ()
    """What makes the two hard to compare: other rules, an order in time, a report on a part."""

    def of(self, *changes: Change) -> tuple[FindingChange, ...]:
        """Give the findings with one of these changes."""
        return tuple(f for f in self.findings if f.change in changes)


def compare(
    old: Report, new: Report, *, force: bool = False, read: tuple[Report, Report] | None = None
) -> Difference:
    """Compare an earlier and a later report; ``read`` are both as they were read, where they were masked.

    Raises UsageProblem where they are certainly on different clusters, unless ``force``.
    """
    before, after = read or (old, new)
    hidden = hides_cluster(before), hides_cluster(after)
    if not force and hidden[0] == hidden[1]:
        _check_same(before.cluster, after.cluster)
    return Difference(
        old=Side(old.cluster, old.run.as_of),
        new=Side(new.cluster, new.run.as_of),
        verdicts=_verdicts(old, new),
        findings=_findings(old, new),
        lost=_lost(old, new),
        facts=_facts(old, new),
        names={c.id: c.operator or c.id for report in (old, new) for c in report.chains},
        notices=(*_notices(old, new), *([_masked(*hidden)] if any(hidden) else [])),
    )


def _notices(old: Report, new: Report) -> Iterator[str]:
    if old.rules.sha256 != new.rules.sha256:
        yield (
            f"OLD was judged by {_judge(old)}, NEW by {_judge(new)}, with other rules: "
            "what changed may have changed in the rules alone. Analyse both bundles with one of them"
        )
    if old.run.as_of and new.run.as_of and _later(old.run.as_of, new.run.as_of):
        yield "NEW was gathered before OLD: read fixed as new and new as fixed, or give them in turn"
    for name, report in (("OLD", old), ("NEW", new)):
        yield from (f"{name}: {text}" for text in report.notices)


def _masked(old: bool, new: bool) -> str:
    if old and new:
        return (
            "OLD and NEW are masked: they are of one cluster, and a name stands for the same in both, only if"
            " one --mask-map was used for the two"
        )
    one, other = ("OLD", "NEW") if old else ("NEW", "OLD")
    return (
        f"{one} is masked and {other} is not, so that nothing tells whether both are of one cluster. Of one,"
        " verdicts, findings and facts can be compared, but for the names themselves"
    )


def _judge(report: Report) -> str:
    return f"{report.tool.name} {report.tool.version} (rules {report.rules.version})"


def _later(one: str, other: str) -> bool:
    try:
        return datetime.fromisoformat(one) > datetime.fromisoformat(other)
    except (ValueError, TypeError):  # a saved report may be anyone's
        return False


def _check_same(old: Cluster, new: Cluster) -> None:
    for what, a, b in (
        ("cluster", old.id, new.id),
        ("cluster with the infrastructure name", old.infra_name, new.infra_name),
    ):
        if a and b and a != b:
            raise UsageProblem(
                f"OLD is of {what} {a}, NEW of {b}", do="Compare gathers of one cluster, or pass --force"
            )


def _verdicts(old: Report, new: Report) -> tuple[VerdictChange, ...]:
    before = {c.id: c.verdict for c in old.chains}
    after = {c.id: c.verdict for c in new.chains}
    groups: dict[tuple[str | None, ...], list[str]] = {}
    for chain in {**after, **before}:
        a, b = before.get(chain), after.get(chain)
        change = (
            a.state if a else None,
            a.link if a else None,
            b.state if b else None,
            b.link if b else None,
        )
        if change[:2] != change[2:]:
            groups.setdefault(change, []).append(chain)
    return tuple(VerdictChange(tuple(chains), *change) for change, chains in groups.items())


def _states(report: Report) -> dict[Key, str]:
    """Give the worst state of each rule on each chain, and on each subject beside the chains."""
    states = {(one.rule, one.subject): one.state for one in report.asked or ()}
    for chain in report.chains:
        for check in (check for link in chain.links for check in link.checks):
            key = (check.rule, chain.id)
            states[key] = min(check.state, states.get(key, check.state), key=_WORST_FIRST.index)
    return states


def _found(report: Report) -> dict[Key, Finding]:
    """Give the worst finding of each rule on each of its chains, or on its subject where it has none."""
    found: dict[Key, Finding] = {}
    for finding in report.findings:  # the worst come first
        for subject in finding.chains or (finding.subject,):
            found.setdefault((finding.rule, subject), finding)
    return found


def _findings(old: Report, new: Report) -> tuple[FindingChange, ...]:
    before, after = _found(old), _found(new)
    were, are = _states(old), _states(new)
    if is_masked(old) != is_masked(new):
        earlier, later = dict.fromkeys([*before, *were]), dict.fromkeys([*after, *are])
        names = _plain_names(earlier, later) if is_masked(old) else _plain_names(later, earlier)
        before, were = _as_named(before, names), _as_named(were, names)
        after, are = _as_named(after, names), _as_named(are, names)
    groups: dict[tuple[Change, str, str | None, str | None], list[Key]] = {}
    for key in {**after, **before}:
        a, b = before.get(key), after.get(key)
        # what is asked of the inputs as a whole has no state on the chains that its finding concerns
        asked = (key[0], one.subject) if (one := b or a) else key
        was, now = were.get(key, were.get(asked)), are.get(key, are.get(asked))
        change = _change(key, a, b, was, now, old if a is None else new)
        group = (change, key[0], a.state if a else None, b.state if b else None)
        groups.setdefault(group, []).append(key)
    changes = [
        FindingChange(
            change, rule, first.link, tuple(subject for _, subject in keys), was, now, first
        )
        for (change, rule, was, now), keys in groups.items()
        for first in (after.get(keys[0]) or before[keys[0]],)
    ]  # fmt: skip
    return tuple(sorted(changes, key=_rank))


def _plain_names(masked: Collection[Key], plain: Collection[Key]) -> dict[Key, Key]:
    """Give what subjects with pseudonyms may stand for, each another one."""
    free = [key for key in plain if key not in masked]
    names: dict[Key, Key] = {}
    for key in masked:
        if key in plain:
            continue
        found = next((one for one in free if one[0] == key[0] and may_be(key[1], one[1])), None)
        if found is not None:
            names[key] = found
            free.remove(found)
    return names


def _as_named(found: dict[Key, _Value], names: dict[Key, Key]) -> dict[Key, _Value]:
    return {names.get(key, key): value for key, value in found.items()}


def _rank(change: FindingChange) -> tuple[int, int, str]:
    state = change.now or change.was or "info"
    link = LINKS.index(change.link) if change.link in LINKS else len(LINKS)
    return _WORST_FIRST.index(state), link, change.rule


def _change(
    key: Key, a: Finding | None, b: Finding | None, was: str | None, now: str | None, other: Report
) -> Change:
    """Say what became of a finding; ``other`` is the report that does not have it."""
    if a is not None and b is not None:
        return "still" if a.state == b.state else "changed"
    one = a or b
    if one is not None and one.link == LINK and other.readiness is None:  # no upgrade was asked about there
        return "seen" if a is None else "lost"
    there = now if b is None else was
    out_of_sight = there == "unknown" or (there is None and one is not None and _unjudged(key, one, other))
    if b is not None:
        return "seen" if out_of_sight else "new"
    if out_of_sight or (now is None and _chain_gone(key, a, other)):
        return "lost"
    return "moot" if now == "not-applicable" else "fixed"


def _unjudged(key: Key, finding: Finding, report: Report) -> bool:
    """Tell whether a report that has neither a finding nor a state of its rule there leaves it open.

    Its rule was not asked of the chain, or of anything: a token or a release was not handed in, pods were
    not gathered, the rule was left aside. A report that was saved before such states were tells less.
    """
    if any(key[0] in item.decides for item in report.missing):
        return True
    if key[1] in finding.chains:
        return any(chain.id == key[1] for chain in report.chains)
    return report.asked is not None and not _is_asked(key[0], report)


def _chain_gone(key: Key, finding: Finding | None, report: Report) -> bool:
    """Tell whether the chain of a finding is not in a report, so that nothing can be said of it."""
    return finding is not None and key[1] in finding.chains and all(c.id != key[1] for c in report.chains)


def _is_asked(rule: str, report: Report) -> bool:
    """Tell whether a rule was asked of anything."""
    checks = (check.rule for chain in report.chains for link in chain.links for check in link.checks)
    return rule in checks or any(one.rule == rule for one in report.asked or ())


def _lost(old: Report, new: Report) -> tuple[Lost, ...]:
    were, are = _states(old), _states(new)
    link_of = {c.rule: link.link for chain in new.chains for link in chain.links for c in link.checks}
    gone = {
        key for key, state in were.items()
        if state in _JUDGED and are.get(key) == "unknown" and key[0] in link_of
    }  # fmt: skip
    lost = []
    for link in LINKS:
        keys = sorted(key for key in gone if link_of[key[0]] == link)
        if keys:
            rules, chains = {rule for rule, _ in keys}, {chain for _, chain in keys}
            commands = [
                m.command for m in new.missing
                if rules & set(m.decides) and (not m.chains or chains & set(m.chains))
            ]  # fmt: skip
            lost.append(Lost(link, _sorted(rules), _sorted(chains), tuple(dict.fromkeys(commands))))
    return tuple(lost)


def _sorted(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(words))


def _facts(old: Report, new: Report) -> tuple[FactChange, ...]:
    before, after = _values(old), _values(new)
    same = _alike(old, new)
    groups: dict[tuple[str, str | None, str | None], list[str]] = {}
    for key in {**after, **before}:
        name, chain = key
        was, now = before.get(key), after.get(key)
        # what one of them never speaks of is no change: it may have been saved by an earlier version
        if not same(was, now) and (key in before) == (key in after):
            groups.setdefault((name, was, now), []).extend([chain] if chain else [])
    return tuple(FactChange(name, tuple(chains), was, now) for (name, was, now), chains in groups.items())


def _alike(old: Report, new: Report) -> Callable[[str | None, str | None], bool]:
    """Give what tells whether two values are the same; a pseudonym may stand for what the other names."""
    hidden = is_masked(old), is_masked(new)

    def same(was: str | None, now: str | None) -> bool:
        if was == now or was is None or now is None or hidden[0] == hidden[1]:
            return was == now
        return may_be(was, now) if hidden[0] else may_be(now, was)

    return same


def _values(report: Report) -> dict[tuple[str, str | None], str | None]:
    cluster = report.cluster
    values: dict[tuple[str, str | None], str | None] = {
        ("version", None): cluster.version,
        ("region", None): cluster.region,
        ("credentials mode", None): cluster.credentials_mode,
        ("issuer", None): cluster.issuer,
    }
    for chain in report.chains:
        values["role", chain.id] = chain.role_arn.value
        values["mechanism", chain.id] = chain.mechanism
        values["ServiceAccounts", chain.id] = ", ".join(chain.service_accounts)
    for fact in report.facts:
        name = fact.name if fact.link in fact.name.casefold() else f"{fact.link}: {fact.name}"
        if fact.name not in _VOLATILE:
            values[name, fact.chain] = fact.value
    return values
