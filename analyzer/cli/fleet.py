"""``sts-doctor fleet``: what many results say together."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.guard import guarded, say
from analyzer.cli.output import STDOUT, check_format, check_place, write
from analyzer.errors import UsageProblem

if TYPE_CHECKING:
    import sqlite3

    from analyzer.fleet.query import Answer

app = typer.Typer(
    name="fleet", no_args_is_help=True, help="Reports and questions over the results of many bundles."
)

Database = Annotated[Path, typer.Argument(metavar="DB", help="A results database that scan wrote.")]
Output = Annotated[
    str, typer.Option("-o", "--output", metavar="FILE", help="Write to this file, which only you can read.")
]

REPORTS = ("text", "markdown", "html", "json")
TABLES = ("table", "csv", "jsonl", "parquet")


def _help(known: tuple[str, ...]) -> str:
    return f"One of {', '.join(known)}; without it the suffix of -o chooses, else {known[0]}."


@app.command()
@guarded
def report(
    db: Database,
    form: Annotated[str | None, typer.Option("-f", "--format", help=_help(REPORTS), metavar="FORMAT")] = None,
    output: Output = STDOUT,
) -> int:
    """Show causes by release and over time, what an upgrade will break, and what evidence is missing."""
    form = _chosen(form, output, REPORTS)
    from analyzer.fleet.figures import figures
    from analyzer.fleet.sections import sections
    from analyzer.fleet.show import show_json, show_markdown, show_text
    from analyzer.fleet.sound import check_sound

    with closing(_opened(db, output)) as connection:
        check_sound(connection, db)
        found = figures(connection)
    if form == "json":
        text = show_json(found)
    elif form == "html":
        from analyzer.fleet.page import show_html

        text = show_html(found, sections(found))
    else:
        text = (show_markdown if form == "markdown" else show_text)(sections(found))
    write(text, output)
    return 0


@app.command()
@guarded
def query(
    db: Database,
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="A named question; without one they are listed.")
    ] = None,
    sql: Annotated[
        str | None, typer.Option(help="A question in SQL, which can only read.", metavar="SQL")
    ] = None,
    form: Annotated[str | None, typer.Option("-f", "--format", help=_help(TABLES), metavar="FORMAT")] = None,
    output: Output = STDOUT,
) -> int:
    """Answer a named question, or one in SQL, as a table, CSV, JSON lines or Parquet."""
    from analyzer.fleet.query import ask, listing, named

    form = _chosen(form, output, TABLES)
    if question is not None and sql is not None:
        raise UsageProblem("a named question and --sql exclude each other")
    with closing(_opened(db, output)) as connection:
        if question is None and sql is None:
            write(listing(connection), STDOUT)
            return 0
        _show(ask(connection, sql or named(question or "")), form, output)
    return 0


def _show(answer: Answer, form: str, output: str) -> None:
    from analyzer.fleet import query as queries

    if form == "parquet":
        if output == STDOUT:
            raise UsageProblem("Parquet is no text", do="Name a file with -o")
        write(queries.as_parquet(answer), output)
        return
    shown = {"table": queries.as_table, "csv": queries.as_csv, "jsonl": queries.as_json_lines}[form](answer)
    write(shown, output)


@app.command()
@guarded
def merge(
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="The database to copy into; made if need be.")
    ],
    sources: Annotated[list[Path], typer.Argument(metavar="DB...", help="Databases of other scans.")],
) -> int:
    """Copy the results of other databases into one; of two results of one path the later wins."""
    from analyzer.fleet.merge import merge as run
    from analyzer.reports.wording import counted

    if any(source.resolve() == target.resolve() for source in sources):
        raise UsageProblem("the target is one of the sources")
    taken, older = run(target, sources)
    say(f"{counted(taken, 'result')} taken over" + (f", {older} left out: not newer" if older else ""))
    return 0


def _chosen(form: str | None, output: str, known: tuple[str, ...]) -> str:
    from analyzer.reports.formats import by_suffix

    form = form or by_suffix(output) or known[0]
    check_format(form, known)
    return form


def _opened(db: Path, output: str) -> sqlite3.Connection:
    from analyzer.fleet.ledger import read_only

    if output != STDOUT and Path(output).resolve() == db.resolve():
        raise UsageProblem("the output is the database itself", do="Name another file")
    if output != STDOUT:
        check_place(Path(output), [])
    return read_only(db)
