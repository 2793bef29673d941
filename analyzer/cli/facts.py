"""``sts-doctor facts``: everything that was extracted, with its origin and without judgement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.guard import guarded
from analyzer.errors import UsageProblem

if TYPE_CHECKING:
    from analyzer.engine import Subject


@guarded
def facts(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...")],
    form: Annotated[str, typer.Option("-f", "--format", help="text or json.")] = "text",
    only: Annotated[str, typer.Option(help="Only facts whose name begins with this, such as secret.")] = "",
) -> int:
    """Show every extracted fact with the file and line that it comes from, so that it can be checked."""
    from analyzer.reports.inert import inert
    from analyzer.session import extract

    if form not in ("text", "json"):
        raise UsageProblem(f"there is no format {form!r}", do="Formats: text, json")
    shown = [_subject(subject, only) for subject in extract(inputs)]
    if form == "json":
        print(json.dumps({"schema_version": "1", "subjects": shown}, indent=2, ensure_ascii=False))
        return 0
    for subject in shown:
        print(f"{subject['kind']} {inert(str(subject['name']))}")
        rows = subject["facts"]
        for name, fact in rows.items() if isinstance(rows, dict) else ():
            print(f"  {name} = {inert(_text(fact))}")
            for origin in fact["origins"][:3]:
                print(f"      {inert(origin)}")
    return 0


def _subject(subject: Subject, only: str) -> dict[str, object]:
    from analyzer.engine import Fact
    from analyzer.findings.redact import redact
    from analyzer.model.vocabulary import VOCABULARY

    found: dict[str, dict[str, object]] = {}
    for name in VOCABULARY[subject.kind]:
        fact = subject.facts.get(name)
        if fact is None or not name.startswith(only):
            continue
        if isinstance(fact, Fact):
            value = json.loads(redact(json.dumps(fact.value, default=str)))
            origins = [f"{cite.file}:{cite.line}" for cite in fact.cites]
            found[name] = {"state": "known", "value": value, "derived": fact.derived, "origins": origins}
        else:
            why = "; ".join(dict.fromkeys(item.why for item in fact.missing))
            found[name] = {"state": "unknown", "why": why, "origins": []}
    return {"kind": subject.kind, "name": subject.name, "facts": found}


def _text(fact: dict[str, object]) -> str:
    if fact["state"] == "unknown":
        return f"(not known{': ' + str(fact['why']) if fact['why'] else ''})"
    derived = "  (derived)" if fact["derived"] else ""
    return json.dumps(fact["value"], ensure_ascii=False) + derived
