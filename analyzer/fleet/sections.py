"""A fleet report as sections of sentences and tables, which every format shows in its own way."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.fleet.figures import Figures, Matrix
from analyzer.frozen import frozen, replace
from analyzer.reports.wording import counted, listed, minute

_MOST = 25
"""Rows of a table that a person reads; the rest is counted. ``fleet query`` has them all."""

_COLOURS = 5
"""Causes that a chart tells apart; the others are one."""
_MONTHS = 24
_COLUMNS = 12
OTHERS = "all others"


@frozen
class Table:
    """Rows under a header; cells are plain text or numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]


@frozen
class Bar:
    """One bar of a chart: what it counts, how many, and the verdict that gives its colour."""

    label: str
    number: int
    verdict: str


@frozen
class Stack:
    """One column of a chart over time: (cause, clusters), from the bottom up."""

    label: str
    parts: tuple[tuple[str, int], ...]


@frozen
class Section:
    """A part of the report, with what can be drawn of it: bars, or columns over time, or a shaded table."""

    title: str
    text: tuple[str, ...] = ()
    table: Table | None = None
    bars: tuple[Bar, ...] = ()
    stacks: tuple[Stack, ...] = ()
    shaded: bool = False


def sections(figures: Figures) -> tuple[Section, ...]:
    """Write the whole report; what has nothing to say is left out."""
    parts = (
        _summary(figures),
        _causes(figures),
        _matrix("Causes by release", figures.by_release),
        _over_time(figures.by_month),
        _risks(figures),
        _hygiene(figures),
        _decided(figures),
        _missing(figures),
        _series(figures),
        _unjudged(figures),
    )
    return tuple(part for part in parts if part is not None)


def _summary(figures: Figures) -> Section:
    total = sum(figures.outcomes.values())
    text = [f"{counted(total, 'bundle')} of {counted(figures.clusters, 'cluster')}{_window(figures)}."]
    odd = [
        f"{number} {outcome}" for outcome, number in sorted(figures.outcomes.items()) if outcome != "judged"
    ]
    odd += [f"{figures.in_part} judged but read in part"] if figures.in_part else []
    if odd:
        text.append(f"Of these bundles: {', '.join(odd)}.")
    if figures.verdicts.get("unknown"):
        text.append("Unknown: nothing points at a failure, and not everything that could fail was seen.")
    if figures.waiting:
        text.append(f"{counted(figures.waiting, 'bundle')} not judged yet: scan again to go on.")
    order = ("fail", "suspected", "warn", "unknown", "pass", "not-applicable")
    rows = tuple((state, figures.verdicts[state]) for state in order if figures.verdicts.get(state))
    bars = tuple(Bar(state, number, state) for state, number in rows)
    return Section("Fleet", tuple(text), Table(("verdict", "clusters"), rows), bars)


def _window(figures: Figures) -> str:
    if not figures.first or not figures.last:
        return ""
    return f", gathered {figures.first[:10]} to {figures.last[:10]}"


def _causes(figures: Figures) -> Section | None:
    rows = tuple(
        (c.rule or "-", c.verdict, c.link or "-", c.clusters, c.chains, listed(c.versions, 6))
        for c in figures.causes
    )
    if not rows:
        return None
    bars = tuple(Bar(c.rule or "no rule", c.clusters, c.verdict) for c in figures.causes[:12])
    header = ("rule", "verdict", "link", "clusters", "chains", "releases")
    text = ("A suspected cause is a symptom whose cause these bundles do not prove.",)
    return Section("Causes", text, _cut(header, rows), bars)


def _matrix(title: str, matrix: Matrix) -> Section | None:
    if not matrix.rows:
        return None
    rows = tuple(
        (row, *(matrix.cells.get((row, column), 0) or "·" for column in matrix.columns))
        for row in matrix.rows
    )
    return Section(
        title, ("Clusters, failed or suspected.",), _cut(("cause", *matrix.columns), rows), shaded=True
    )


def _over_time(matrix: Matrix) -> Section | None:
    section = _matrix("Causes by month of the gather", _recent(matrix))
    if section is None:
        return None
    stacks = tuple(_stack(matrix, month) for month in matrix.columns[-_MONTHS:])
    return replace(section, stacks=stacks)


def _recent(matrix: Matrix) -> Matrix:
    """Sum up what is older than a table has room for."""
    old, kept = matrix.columns[:-_COLUMNS], matrix.columns[-_COLUMNS:]
    if not old:
        return matrix
    name = f"to {old[-1]}"
    sums = {(row, name): sum(matrix.cells.get((row, month), 0) for month in old) for row in matrix.rows}
    return Matrix(matrix.rows, (name, *kept), {**matrix.cells, **sums})


def _stack(matrix: Matrix, month: str) -> Stack:
    counts = [(cause, matrix.cells.get((cause, month), 0)) for cause in matrix.rows]
    rest = sum(number for _, number in counts[_COLOURS:])
    return Stack(month, (*counts[:_COLOURS], *([(OTHERS, rest)] if matrix.rows[_COLOURS:] else [])))


def _risks(figures: Figures) -> Section | None:
    rows = tuple((r.rule, len(r.clusters), r.reason, listed(r.clusters, 5)) for r in figures.risks)
    text = ("Quiet today; an upgrade makes them felt.",)
    return (
        Section("What an upgrade will break", text, Table(("rule", "clusters", "why", "which"), rows))
        if rows
        else None
    )


def _hygiene(figures: Figures) -> Section | None:
    rows = tuple(figures.hygiene)
    return Section("Fragile, but working", (), _cut(("rule", "what", "clusters"), rows)) if rows else None


def _decided(figures: Figures) -> Section | None:
    d = figures.decided
    rows = tuple(
        (name, total, decided, f"{100 * decided // total} %")
        for name, total, decided in (
            ("must-gather alone", d.alone, d.alone_decided),
            ("with exports beside it", d.helped, d.helped_decided),
        )
        if total
    )
    text = ("Bundles, those without STS left out, and how many ended with a verdict rather than a question.",)
    return (
        Section("What the bundles decide", text, Table(("inputs", "bundles", "decided", "share"), rows))
        if rows
        else None
    )


def _missing(figures: Figures) -> Section | None:
    rows = tuple(figures.missing)
    text = ("Of clusters whose verdict is open: the evidence that would settle most.",)
    return (
        Section("Evidence that is missing most", text, _cut(("evidence", "clusters"), rows)) if rows else None
    )


def _series(figures: Figures) -> Section | None:
    rows = tuple(
        (
            series.cluster,
            " → ".join(
                f"{minute(g.gathered) if g.gathered else 'no time'} {g.rule or g.verdict}"
                for g in series.gathers[-6:]
            ),
        )
        for series in figures.series
    )
    return (
        Section("Clusters gathered more than once", (), _cut(("cluster", "gathers"), rows)) if rows else None
    )


def _unjudged(figures: Figures) -> Section | None:
    rows = tuple((path, outcome, reason or "") for path, outcome, reason in figures.unjudged)
    return (
        Section("Not judged, or read in part", (), _cut(("path", "outcome", "why"), rows)) if rows else None
    )


def _cut(header: Sequence[str], rows: Sequence[tuple[str | int, ...]]) -> Table:
    left = len(rows) - _MOST
    more = [(f"… and {left} more", *[""] * (len(header) - 1))] if left > 0 else []
    return Table(tuple(header), (*rows[:_MOST], *more))
