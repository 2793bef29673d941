"""What a fleet's rows say together: causes, releases, time, risks, repeat gathers.

Unless a figure says otherwise it counts clusters, each by its newest gather: ten gathers of one sick
cluster are one sick cluster.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from analyzer.frozen import frozen

UPGRADE_RISKS: Mapping[str, str] = {
    "upgrade-annotation": "the operator holds the upgrade until the annotation names the target",
    "upgrade-request-new": "a new request has no role yet",
    "upgrade-actions-new": "a role lacks actions that the target asks for",
    "upgrade-service-account-new": "a trust policy lacks a new ServiceAccount",
    "upgrade-secret-renamed": "the target reads another Secret",
    "olm-automatic-approval": "an operator updates itself and may need permissions that its role lacks",
    "request-drift": "the next release puts the request back to its own",
    "secret-newer-than-pods": "restarted pods will read a Secret that no pod has tried yet",
    "mode-install-config-not-manual": "keys and roles were made by hand, and nothing prepares them",
}
"""Findings that do no harm today and do when the cluster is upgraded, with the reason."""

# The newest gather of each cluster; a bundle that names no cluster stands for itself. Of copies of one
# gather the one counts that was read whole, then the one with which the most is known: one that shows fewer
# chains leaves fewer questions open.
NEWEST = """
  WITH ranked AS (
    SELECT *, row_number() OVER (
      PARTITION BY coalesce(cluster_id, 'path:' || path)
      ORDER BY gathered DESC, outcome = 'judged' DESC, coalesce(exit_code, 0) = 6, chains DESC, gaps, id DESC
    ) AS place
    FROM bundles WHERE state = 'done' AND outcome IN ('judged', 'refused') AND verdict IS NOT NULL
  ), newest AS (SELECT * FROM ranked WHERE place = 1)
"""

_OPEN = (
    "(verdict IN ('suspected', 'unknown') OR (verdict = 'warn' AND EXISTS (SELECT 1 FROM chains c"
    " WHERE c.bundle = {id} AND c.verdict IN ('suspected', 'unknown'))))"
)
"""Verdicts that leave a question: beside a warning, also one on another chain."""


@frozen
class Cause:
    """One verdict's rule, and the clusters that have it; ``rule`` is None for verdicts without a rule."""

    rule: str | None
    verdict: str
    link: str | None
    clusters: int
    chains: int
    versions: tuple[str, ...]


@frozen
class Matrix:
    """Counts of clusters by a cause and something else; rows and columns in the order to show."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], int]


@frozen
class Risk:
    """A finding that will do harm on upgrade, and the clusters that have it."""

    rule: str
    reason: str
    clusters: tuple[str, ...]


@frozen
class Gather:
    """One of several gathers of a cluster."""

    gathered: str | None
    verdict: str
    rule: str | None
    path: str


@frozen
class Series:
    """A cluster that was gathered more than once, oldest first; copies of a gather count once."""

    cluster: str
    gathers: tuple[Gather, ...]


@frozen
class Decided:
    """How far the bundles of clusters that are to use STS decided: each number counts bundles."""

    alone: int
    alone_decided: int
    helped: int
    helped_decided: int


@frozen
class Figures:
    """Everything that a fleet report shows."""

    outcomes: Mapping[str, int]
    waiting: int
    in_part: int
    """Bundles that were judged though not all of them could be read."""
    clusters: int
    verdicts: Mapping[str, int]
    first: str | None
    last: str | None
    causes: tuple[Cause, ...]
    by_release: Matrix
    by_month: Matrix
    risks: tuple[Risk, ...]
    hygiene: tuple[tuple[str, str, int], ...]
    decided: Decided
    missing: tuple[tuple[str, int], ...]
    series: tuple[Series, ...]
    unjudged: tuple[tuple[str, str, str], ...]


def figures(db: sqlite3.Connection) -> Figures:
    """Count everything once."""
    outcomes = Counter(
        dict(db.execute("SELECT outcome, count(*) FROM bundles WHERE state = 'done' GROUP BY 1"))
    )
    (waiting,) = db.execute("SELECT count(*) FROM bundles WHERE state != 'done'").fetchone()
    (in_part,) = db.execute(
        "SELECT count(*) FROM bundles WHERE state = 'done' AND outcome = 'judged' AND reason IS NOT NULL"
    ).fetchone()
    verdicts = Counter(dict(db.execute(f"{NEWEST} SELECT verdict, count(*) FROM newest GROUP BY 1")))
    first, last = db.execute(f"{NEWEST} SELECT min(gathered), max(gathered) FROM ranked").fetchone()
    return Figures(
        outcomes=outcomes,
        waiting=waiting,
        in_part=in_part,
        clusters=verdicts.total(),
        verdicts=verdicts,
        first=first,
        last=last,
        causes=_causes(db),
        by_release=_matrix(db, _RELEASE, _release_order),
        by_month=_matrix(db, "coalesce(substr(gathered, 1, 7), 'not known')", str),
        risks=_risks(db),
        hygiene=_hygiene(db),
        decided=_decided(db),
        missing=_missing(db),
        series=_series(db),
        unjudged=tuple(
            db.execute(
                "SELECT path, outcome, reason FROM bundles WHERE state = 'done'"
                " AND (outcome != 'judged' OR reason IS NOT NULL) ORDER BY outcome, path"
            )
        ),
    )


_AFTER_DOT = "substr(version, instr(version, '.') + 1) || '.'"
_RELEASE = (
    "CASE WHEN version IS NULL THEN 'not known'"
    f" ELSE substr(version, 1, instr(version, '.') + instr({_AFTER_DOT}, '.') - 1) END"
)


def _release_order(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".") if part.isdecimal()) or (1 << 30,)


def _causes(db: sqlite3.Connection) -> tuple[Cause, ...]:
    found = db.execute(
        f"{NEWEST} SELECT rule, verdict, link, count(*), sum(broken), group_concat(DISTINCT {_RELEASE})"
        " FROM newest WHERE verdict IN ('fail', 'suspected', 'warn')"
        " GROUP BY rule, verdict, link ORDER BY verdict = 'fail' DESC, count(*) DESC, rule"
    )
    return tuple(
        Cause(
            rule,
            verdict,
            link,
            count,
            chains or 0,
            tuple(sorted((versions or "").split(","), key=_release_order)),
        )
        for rule, verdict, link, count, chains, versions in found
    )


def _matrix(db: sqlite3.Connection, column: str, order: Callable[[str], Any]) -> Matrix:
    found = db.execute(
        f"{NEWEST} SELECT coalesce(rule, verdict), {column}, count(*) FROM newest"
        " WHERE verdict IN ('fail', 'suspected') GROUP BY 1, 2"
    ).fetchall()
    totals = Counter[str]()
    for rule, _, count in found:
        totals[rule] += count
    columns = {row[1] for row in found}
    return Matrix(
        tuple(rule for rule, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))),
        tuple(sorted(columns, key=order)),
        {(rule, name): count for rule, name, count in found},
    )


def _risks(db: sqlite3.Connection) -> tuple[Risk, ...]:
    marks = ", ".join("?" * len(UPGRADE_RISKS))
    found: dict[str, list[str]] = {}
    for rule, name in db.execute(
        f"{NEWEST} SELECT DISTINCT f.rule, coalesce(n.infra_name, n.cluster_id, n.path) FROM newest n"
        f" JOIN findings f ON f.bundle = n.id WHERE f.rule IN ({marks}) AND f.muted IS NULL ORDER BY 2",
        tuple(UPGRADE_RISKS),
    ):
        found.setdefault(rule, []).append(name)
    return tuple(
        Risk(rule, reason, tuple(found[rule])) for rule, reason in UPGRADE_RISKS.items() if rule in found
    )


def _hygiene(db: sqlite3.Connection) -> tuple[tuple[str, str, int], ...]:
    return tuple(
        db.execute(
            f"{NEWEST} SELECT f.rule, min(f.title), count(DISTINCT n.id) FROM newest n"
            " JOIN findings f ON f.bundle = n.id WHERE f.kind = 'hygiene' AND f.link != 'inputs'"
            " AND f.state != 'info' AND f.muted IS NULL"
            " GROUP BY f.rule ORDER BY 3 DESC, 1"
        )
    )


def _decided(db: sqlite3.Connection) -> Decided:
    counts = {
        (bool(alone), bool(decided)): count
        for alone, decided, count in db.execute(
            f"SELECT alone, NOT {_OPEN.format(id='bundles.id')}, count(*) FROM bundles"
            " WHERE state = 'done' AND outcome = 'judged' AND verdict != 'not-applicable' GROUP BY 1, 2"
        )
    }
    got = counts.get
    return Decided(
        got((True, True), 0) + got((True, False), 0), got((True, True), 0),
        got((False, True), 0) + got((False, False), 0), got((False, True), 0),
    )  # fmt: skip


def _missing(db: sqlite3.Connection) -> tuple[tuple[str, int], ...]:
    return tuple(
        db.execute(
            f"{NEWEST} SELECT substr(m.evidence, 1, instr(m.evidence || ':', ':') - 1),"
            " count(DISTINCT n.id) FROM newest n JOIN missing m ON m.bundle = n.id"
            f" WHERE {_OPEN.format(id='n.id')} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"
        )
    )


def _series(db: sqlite3.Connection) -> tuple[Series, ...]:
    found: dict[str, list[Gather]] = {}
    for cluster, gathered, verdict, rule, path, _ in db.execute(
        f"{NEWEST} SELECT cluster_id, gathered, verdict, rule, path, min(place) FROM ranked"
        " WHERE cluster_id IN"
        " (SELECT cluster_id FROM ranked GROUP BY 1 HAVING count(DISTINCT gathered) > 1)"
        " GROUP BY cluster_id, gathered ORDER BY cluster_id, gathered"
    ):
        found.setdefault(cluster, []).append(Gather(gathered, verdict, rule, path))
    return tuple(Series(cluster, tuple(gathers)) for cluster, gathers in found.items())
