"""What is asked of a results database: reports, questions, merging."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer.cli.app import app
from analyzer.findings.report import to_json
from analyzer.fleet.figures import UPGRADE_RISKS, Figures, figures
from analyzer.fleet.ledger import Ledger, read_only
from analyzer.fleet.query import NAMED, as_csv, as_json_lines, as_table, ask
from analyzer.fleet.row import Row
from analyzer.fleet.sections import sections
from analyzer.reports.json import load_json
from analyzer.reports.text import render_text
from analyzer.session import built_in_rules
from tests.reports import made as reports

from .conftest import EXPECTED, table


def cli(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["fleet", *map(str, arguments)])
    return done.exit_code, done.output


def read(db: Path) -> Figures:
    with closing(read_only(db)) as connection:
        return figures(connection)


def made(path: Path, *rows: Row) -> Path:
    """Write a database of rows, one bundle each: 0, 1, 2 …"""
    ledger = Ledger(path)
    ledger.enlist([(f"/cases/{n}.tar.gz", (), "stamp") for n in range(len(rows))], "rules")
    for row in rows:
        task = ledger.take()
        assert task is not None
        ledger.store(task, row)
    ledger.close()
    return path


def judged(cluster: str | None, verdict: str, rule: str | None = None, gathered: str = "2026-01-05T00:00:00Z",
           version: str = "4.14.8", **more: object) -> Row:  # fmt: skip
    return Row("judged", verdict=verdict, rule=rule, link="trust" if rule else None, cluster_id=cluster,
               gathered=gathered, version=version, sts=True, alone=True, finished="2026-02-01T00:00:00Z",
               broken=2, **more)  # type: ignore[arg-type]  # fmt: skip


def finding(
    rule: str, state: str = "warn", kind: str = "hygiene", muted: str | None = None
) -> tuple[object, ...]:
    return (0, rule, "workload", kind, state, "low", "[]", "s", f"title of {rule}", "m", "f", muted)


def test_figures_count_clusters_by_their_newest_gather(tmp_path: Path) -> None:
    db = made(
        tmp_path / "f.sqlite",
        judged("a", "fail", "trust-subject-mismatch", "2026-01-01T00:00:00Z"),
        judged("a", "pass", None, "2026-03-01T00:00:00Z"),
        judged("b", "fail", "trust-subject-mismatch", version="4.9.0"),
        judged("c", "fail", "trust-subject-mismatch", version="4.14.9"),
        judged(None, "suspected", "log-no-provider"),
        judged(None, "suspected", "log-no-provider"),
        Row("crashed", "its process ended with signal 9"),
        judged("a", "pass", None, "2026-03-01T00:00:00Z", reason="read in part: it ends too early"),
    )
    found = read(db)
    assert (found.clusters, dict(found.verdicts)) == (5, {"pass": 1, "fail": 2, "suspected": 2})
    assert [(c.rule, c.clusters, c.versions) for c in found.causes] == [
        ("trust-subject-mismatch", 2, ("4.9", "4.14")), ("log-no-provider", 2, ("4.14",)),
    ]  # fmt: skip
    assert found.by_release.columns == ("4.9", "4.14")
    assert found.by_release.cells["trust-subject-mismatch", "4.9"] == 1
    assert [(s.cluster, [g.verdict for g in s.gathers]) for s in found.series] == [("a", ["fail", "pass"])]
    assert found.unjudged == (
        ("/cases/6.tar.gz", "crashed", "its process ended with signal 9"),
        ("/cases/7.tar.gz", "judged", "read in part: it ends too early"),
    )
    assert found.in_part == 1
    assert (found.decided.alone, found.decided.alone_decided) == (7, 5)


@pytest.mark.parametrize(("other", "decided"), [("pass", 1), ("not-applicable", 1), ("unknown", 0)])
def test_a_warning_beside_an_open_question_decides_nothing(tmp_path: Path, other: str, decided: int) -> None:
    chains = tuple(
        (f"openshift-{n}/creds", None, None, "sts-secret", state, None, None, "unknown", None)
        for n, state in enumerate(("warn", other))
    )
    row = judged("a", "warn", "secret-newer-than-pods", chain_rows=chains,
                 missing_rows=((0, "roles", "why", "command", "[]"),))  # fmt: skip
    found = read(made(tmp_path / "f.sqlite", row))
    assert (found.decided.alone, found.decided.alone_decided) == (1, decided)
    assert found.missing == (() if decided else (("roles", 1),))


def test_of_copies_of_a_gather_the_one_with_most_evidence_counts(tmp_path: Path) -> None:
    """A bundle that was handed in again without its exports takes back nothing that they prove."""
    path = tmp_path / "f.sqlite"
    db = made(
        path,
        judged("a", "fail", "provider-missing", "2026-01-01T00:00:00Z", infra_name="a"),
        judged("a", "fail", "provider-missing", "2026-03-01T00:00:00Z", infra_name="a", gaps=1, chains=6),
        judged("a", "suspected", "log-no-provider", "2026-03-01T00:00:00Z", infra_name="a", gaps=9, chains=6),
        replace(
            judged("a", "unknown", None, "2026-03-01T00:00:00Z", infra_name="a", gaps=0), outcome="refused"
        ),
        judged("a", "unknown", None, "2026-03-01T00:00:00Z", infra_name="a", gaps=0, exit_code=6),
        judged("a", "unknown", None, "2026-03-01T00:00:00Z", infra_name="a", gaps=0, chains=1),
    )
    found = read(db)
    assert dict(found.verdicts) == {"fail": 1}
    assert [g.verdict for g in found.series[0].gathers] == ["fail", "fail"]
    with closing(read_only(path)) as results:
        rows = list(ask(results, NAMED["clusters"][1]).rows)
    assert rows == [("a", "a", 6, "2026-03-01T00:00:00Z", "fail", "provider-missing", "4.14.8")]


def test_old_months_are_summed_up_in_a_table(tmp_path: Path) -> None:
    gathers = [f"{year}-{month:02}-01T00:00:00Z" for year in (2024, 2025) for month in range(1, 9)]
    rows = [judged(f"c{n}", "fail", "trust-subject-mismatch", when) for n, when in enumerate(gathers)]
    (section,) = (s for s in sections(read(made(tmp_path / "f.sqlite", *rows))) if s.stacks)
    assert section.table is not None
    assert section.table.header[:3] == ("cause", "to 2024-04", "2024-05")
    assert section.table.rows == (("trust-subject-mismatch", 4, *[1] * 12),)


def test_what_an_upgrade_will_break(tmp_path: Path) -> None:
    db = made(
        tmp_path / "f.sqlite",
        judged("a", "warn", infra_name="shop-1", finding_rows=(finding("olm-automatic-approval"),)),
        judged(
            "b", "pass", infra_name="shop-2", finding_rows=(finding("olm-automatic-approval", muted="known"),)
        ),
        judged("c", "pass", infra_name="shop-3", finding_rows=(finding("trust-too-broad"),)),
    )
    found = read(db)
    assert [(r.rule, r.clusters) for r in found.risks] == [("olm-automatic-approval", ("shop-1",))]
    assert {rule for rule, _, _ in found.hygiene} == {"olm-automatic-approval", "trust-too-broad"}


def test_risks_name_rules_that_exist() -> None:
    assert set(UPGRADE_RISKS) <= {rule.id for rule in built_in_rules().rules}


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_report_of_a_scan(database: Path, form: str) -> None:
    code, text = cli("report", database, "-f", form)
    assert code == 0
    for expected in ("trust-subject-mismatch", "provider-missing", "garbage.tar.gz"):
        assert expected in text.replace("\\", "")
    if form == "json":
        assert json.loads(text)["clusters"] == 5


def test_report_of_an_empty_database(tmp_path: Path) -> None:
    code, text = cli("report", made(tmp_path / "f.sqlite"))
    assert code == 0
    assert "0 bundles of 0 clusters" in text


@pytest.mark.parametrize("name", NAMED)
def test_every_named_question_is_answered(database: Path, name: str) -> None:
    code, text = cli("query", database, name, "-f", "jsonl")
    assert code == 0
    rows = [json.loads(line) for line in text.splitlines()]
    if name == "bundles":
        assert len(rows) == len(EXPECTED)
    assert rows or name == "suspected"


@pytest.mark.parametrize("sql", [
    "DELETE FROM bundles", "DROP TABLE bundles", "ATTACH 'x.db' AS x", "PRAGMA journal_mode = DELETE",
    "SELECT load_extension('x')", "VACUUM INTO 'copy.db'", "INSERT INTO meta VALUES ('a', 'b')",
    "SELECT 1; DELETE FROM bundles", "CREATE TEMP TABLE t (a)", "nonsense", "",
])  # fmt: skip
def test_sql_can_only_read(database: Path, sql: str) -> None:
    before = table(database, "SELECT count(*) FROM bundles")
    code, _ = cli("query", database, "--sql", sql)
    assert code == 2
    assert table(database, "SELECT count(*) FROM bundles") == before


def test_questions_and_tables_are_listed(database: Path) -> None:
    code, text = cli("query", database)
    assert code == 0
    assert "failing " in text
    assert "findings(bundle, number, rule" in text


def test_a_finished_database_is_one_file(database: Path) -> None:
    assert [path.name for path in database.parent.iterdir()] == [database.name]


def test_sql_of_a_user(database: Path) -> None:
    sql = "WITH f AS (SELECT * FROM bundles WHERE verdict = 'fail') SELECT count(*) AS n FROM f"
    assert cli("query", database, "--sql", sql, "-f", "csv") == (0, "n\n3\n")


HOSTILE = "=HYPERLINK(1)", "＝1", "+1", "-1", "@a", "\tx", "\x1b[2J", "a\u202eb", "|x|", "<script>"


def test_the_end_of_a_long_path_is_seen(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "f.sqlite")
    folder = "/cases/" + "of-the-customer/" * 5
    ledger.enlist([(f"{folder}{name}.tar.gz", (), "stamp") for name in ("before", "after")], "rules")
    ledger.close()
    with closing(read_only(tmp_path / "f.sqlite")) as connection:
        shown = as_table(ask(connection, "SELECT path, path AS other FROM bundles"))
    assert "customer/before.tar.gz" in shown
    assert "customer/after.tar.gz" in shown
    assert max(map(len, shown.splitlines())) == 122


def test_no_text_of_an_input_acts(tmp_path: Path) -> None:
    rows = [judged(text, "fail", text, text, text, sentence=text, infra_name=text) for text in HOSTILE]
    db = made(tmp_path / "f.sqlite", *rows)
    for form in ("text", "markdown", "html", "json"):
        _, text = cli("report", db, "-f", form)
        assert not any(c in text for c in "\x1b\u202e\t"), form
    assert "<script>" not in cli("report", db, "-f", "markdown")[1]
    with closing(read_only(db)) as connection:
        sql = "SELECT rule, sentence FROM bundles"
        shown = list(csv.reader(io.StringIO(as_csv(ask(connection, sql)))))[1:]
        assert not any(
            cell.startswith(("=", "＝", "+", "-", "@", "\t", "\r")) for row in shown for cell in row
        )
        for show in (as_table, as_csv):
            text = show(ask(connection, sql))
            assert not any(c in text for c in "\x1b\u202e"), show
        values = [json.loads(line)["rule"] for line in as_json_lines(ask(connection, sql)).splitlines()]
        assert values == list(HOSTILE)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE bundles SET reason = x'ff1b5b'",
        "UPDATE bundles SET state = 'done', outcome = NULL",
        "INSERT INTO missing SELECT id, 99, '', x'00', '', '' FROM bundles",
        "UPDATE bundles SET chains = 'many'",
        "ALTER TABLE chains ADD COLUMN more TEXT",
        "DROP TABLE missing",
        "DROP TABLE missing; CREATE VIEW missing AS WITH RECURSIVE n(bundle, number, evidence, why, command,"
        " decides) AS (SELECT 1, 1, '', '', '', '' UNION ALL SELECT * FROM n) SELECT * FROM n",
    ],
)
def test_a_database_that_holds_anything_else_is_refused(change: str, tmp_path: Path) -> None:
    db = made(tmp_path / "f.sqlite", judged("a", "fail", "trust-wrong", "trust", "4.14.1"))
    with closing(sqlite3.connect(db)) as connection:
        connection.executescript(change)
    for command in (("report", db), ("report", db, "-f", "json"), ("merge", tmp_path / "to.sqlite", db)):
        code, said = cli(*command)
        assert code == 2, said
        assert "the results database is damaged" in said


def test_text_that_is_no_unicode_is_shown_as_what_is_left_of_it(tmp_path: Path) -> None:
    db = made(tmp_path / "f.sqlite", judged("a", "fail", "trust-wrong", "trust", "4.14.1"))
    with closing(sqlite3.connect(db)) as connection:
        connection.executescript(
            "UPDATE bundles SET link = CAST(x'78ff' AS TEXT), path = CAST(x'ff' AS TEXT)"
        )
    for command in (("report", db), ("report", db, "-f", "html"), ("query", db, "bundles")):
        assert cli(*command)[0] == 0
    assert cli("merge", tmp_path / "to.sqlite", db)[0] == 0


def test_parquet(database: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    assert cli("query", database, "bundles", "-f", "parquet", "-o", tmp_path / "b.parquet")[0] == 0
    assert parquet.read_table(tmp_path / "b.parquet").num_rows == len(EXPECTED)


def test_merging_keeps_the_later_result(tmp_path: Path) -> None:
    old = made(tmp_path / "old.sqlite", Row("judged", verdict="fail", finished="2026-01-01T00:00:00Z"))
    new = made(
        tmp_path / "new.sqlite",
        Row("judged", verdict="pass", finished="2026-02-01T00:00:00Z", report=b"x"),
        judged("a", "fail", "trust-action-wrong", finding_rows=(finding("trust-action-wrong"),)),
    )
    target = tmp_path / "all.sqlite"
    assert cli("merge", target, new, old)[0] == 0
    assert cli("merge", target, old, new)[0] == 0
    assert table(target, "SELECT path, verdict FROM bundles ORDER BY path") == [
        ("/cases/0.tar.gz", "pass"), ("/cases/1.tar.gz", "fail"),
    ]  # fmt: skip
    assert table(target, "SELECT count(*) FROM findings") == [(1,)]
    assert table(target, "SELECT json FROM reports") == [(b"x",)]


def test_merge_refuses_what_is_no_results_database(tmp_path: Path, database: Path) -> None:
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as db, db:
        db.execute("CREATE TABLE t (a)")
    assert cli("merge", tmp_path / "all.sqlite", other)[0] == 2
    copy = tmp_path / "copy.sqlite"
    shutil.copy(database, copy)
    assert cli("merge", copy, copy)[0] == 2


# --- the report that is kept of a bundle -----------------------------------------------------------


def _render(db: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["render", str(db), *arguments])
    return done.exit_code, done.output


def test_a_kept_report_is_shown_in_any_format(tmp_path: Path) -> None:
    kept = [zlib.compress(json.dumps(to_json(report)).encode()) for report in (reports.FAIL, reports.UNKNOWN)]
    rows = [judged("a", "fail", report=kept[0]), judged("b", "unknown", report=kept[1]), judged("c", "fail")]
    db = made(tmp_path / "fleet.sqlite", *rows)
    assert _render(db, "--bundle", "/cases/0.tar.gz") == (0, render_text(reports.FAIL))
    code, text = _render(db, "--bundle", "1.tar", "-f", "json")
    assert (code, load_json(text)) == (0, reports.UNKNOWN)


@pytest.mark.parametrize(
    "bundle, says",
    [("cases", "2 bundles fit 'cases'"), ("nope", "no bundle fits"), ("/0.", "no report is kept"),
     ("/1.", "is damaged")],
)  # fmt: skip
def test_a_report_that_cannot_be_shown_says_why(tmp_path: Path, bundle: str, says: str) -> None:
    db = made(tmp_path / "fleet.sqlite", judged("a", "fail"), judged("b", "fail", report=b"x"))
    code, output = _render(db, "--bundle", bundle)
    assert code == 2
    assert says in output


def test_a_query_without_end_is_said_to_take_too_long(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analyzer.fleet.query._SECONDS", 0)
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    result = CliRunner().invoke(app, ["fleet", "query", str(database), "--sql", endless])
    assert result.exit_code == 2
    assert "the query took longer than 0 seconds. Ask for less" in result.stderr
