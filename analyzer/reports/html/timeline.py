"""The timeline: a table of everything that has a date, and a drawing of the time of the errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from analyzer.findings.report import Event
from analyzer.frozen import frozen
from analyzer.reports.story import Story
from analyzer.reports.wording import counted, listed

WIDTH = 1000
"""Units of the drawing from its left to its right end."""

_TOGETHER = timedelta(hours=1)
_MOST_TRACKS = 14
_NOUNS = {
    "gather": "Gather",
    "logs": "Logs",
    "error": "Error",
    "operator": "Operator",
    "update": "Version",
    "issuer": "Issuer",
    "keys": "Keys",
    "provider": "Provider",
    "role": "Role",
    "secret": "Secret",
    "pod": "Pod",
    "token": "Token",
}
_PLURALS = {
    "role": "roles were made",
    "secret": "Secrets were made",
    "pod": "pods started",
    "operator": "operators changed their conditions",
    "error": "errors began",
}


@frozen
class Moment:
    """One row of the table: one event, or several of a kind that lie within an hour."""

    kind: str
    noun: str
    time: str
    until: str | None
    before: str
    text: str
    events: tuple[Event, ...]
    operators: str


@frozen
class Track:
    """One row of the drawing: bars as (start, width), in units of its width."""

    name: str
    kind: str
    bars: tuple[tuple[int, int], ...]
    note: str


@frozen
class Period:
    """The time of the errors, to scale, from ``start`` to ``end``."""

    start: str
    end: str
    length: str
    tracks: tuple[Track, ...]
    left_out: int


def draw_timeline(story: Story) -> list[Moment]:
    """Give the events in their order; many of one kind within an hour are one row."""
    groups: list[list[Event]] = []
    latest: dict[str, list[Event]] = {}
    for event in story.report.timeline:
        group = latest.get(event.kind)
        if group is None or event.kind not in _PLURALS or _at(event.time) - _at(group[0].time) > _TOGETHER:
            group = []
            groups.append(group)
            latest[event.kind] = group
        group.append(event)
    return [_moment(story, group) for group in groups]


def draw_period(story: Story) -> Period | None:
    """Draw the time from the first error to the gather; nothing where no error has a time."""
    events = story.report.timeline
    errors = [e for e in events if e.kind == "error"]
    if not errors:
        return None
    ends = [_at(e.until or e.time) for e in events if e.kind in ("gather", "error")]
    first, end = min(_at(e.time) for e in errors), max(ends)
    start = first - max((end - first) / 12, timedelta(minutes=1))
    tracks = _tracks(story, errors, start, end)
    for kind, name in (("logs", "logs cover"), ("gather", "gather")):
        found = [e for e in events if e.kind == kind and _at(e.until or e.time) >= start]
        if found:
            tracks.append(Track(name, kind, tuple(_bar(e, start, end) for e in found), ""))
    left_out = len({c for e in errors for c in e.chains}) - sum(t.kind == "error" for t in tracks)
    return Period(_stamp(start), _stamp(end), _length(end - start), tuple(tracks), max(left_out, 0))


def _tracks(story: Story, errors: list[Event], start: datetime, end: datetime) -> list[Track]:
    by_chain: dict[str, list[Event]] = {}
    for event in errors:
        for chain in event.chains:
            by_chain.setdefault(chain, []).append(event)
    changes = [e for e in story.report.timeline if e.kind == "operator" and _at(e.time) >= start]
    tracks = []
    for chain in list(by_chain)[:_MOST_TRACKS]:
        found = by_chain[chain]
        kinds = list(dict.fromkeys(e.text.split(":", 1)[0] for e in found))
        bars = tuple(_bar(e, start, end) for e in found)
        tracks.append(Track(story.name(chain), "error", bars, listed(kinds, 2)))
        mine = tuple(_bar(e, start, end) for e in changes if chain in e.chains)
        if mine:
            tracks.append(Track(f"{story.name(chain)}: conditions", "operator", mine, ""))
    return tracks


def _bar(event: Event, start: datetime, end: datetime) -> tuple[int, int]:
    """Place an event: a bar, as wide as a hair at least."""
    whole = (end - start).total_seconds() or 1.0
    begin = max((_at(event.time) - start).total_seconds(), 0.0)
    stop = max((_at(event.until or event.time) - start).total_seconds(), begin)
    left = min(round(WIDTH * begin / whole), WIDTH - 6)
    return left, max(min(round(WIDTH * (stop - begin) / whole), WIDTH - left), 6)


def _moment(story: Story, group: list[Event]) -> Moment:
    first = group[0]
    text = first.text
    if len(group) > 1:
        text = f"{len(group)} {_PLURALS[first.kind]}."
    chains = dict.fromkeys(c for e in group for c in e.chains)
    until = max((e.until for e in group if e.until), default=None)
    return Moment(
        first.kind,
        _NOUNS.get(first.kind, first.kind),
        first.time,
        until,
        _before(story, first),
        text,
        tuple(group) if len(group) > 1 else (),
        listed([story.name(c) for c in chains], 4),
    )


def _before(story: Story, event: Event) -> str:
    """Say how long before the gather it was, the time that ages are judged at."""
    as_of = story.report.run.as_of
    if as_of is None or event.kind == "gather":
        return ""
    gap = _at(as_of) - _at(event.time)
    return f"{_length(gap)} before" if gap >= timedelta(0) else f"{_length(-gap)} after"


def _length(span: timedelta) -> str:
    """Write a length of time by its two greatest units: ``3 d 18 h``."""
    minutes = round(span.total_seconds() / 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days >= 60:
        return counted(days, "day")
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _at(stamp: str) -> datetime:
    try:
        return datetime.fromisoformat(stamp.replace(":60", ":59")).astimezone(UTC)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)


def _stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
