"""``sts-doctor facts``: everything that was extracted, with its origin and without judgement."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.arguments import Of
from analyzer.cli.guard import guarded, show, show_json
from analyzer.cli.waiting import waiting
from analyzer.errors import UsageProblem

if TYPE_CHECKING:
    from analyzer.engine import Subject
    from analyzer.engine.facts import Cite
    from analyzer.model.coverage import Copies
    from analyzer.session import Extraction

_MOST = 15
"""Files of one kind that the text names; JSON has them all."""


@guarded
def facts(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...")],
    form: Annotated[str, typer.Option("-f", "--format", help="text or json.", metavar="FORMAT")] = "text",
    only: Annotated[
        str, typer.Option(help="Only facts whose name begins with this, such as secret.", metavar="PREFIX")
    ] = "",
    of: Of = None,
) -> int:
    """Show every extracted fact with the file and line that it comes from, so that it can be checked.

    Behind the facts: which files were read, which are usually in a bundle and absent, which were refused.
    """
    from analyzer.session import extract

    if form not in ("text", "json"):
        raise UsageProblem(f"there is no format {form!r}", do="Formats: text, json")
    _check_prefix(only)
    with waiting(quiet=False) as progress:
        found = extract(inputs, cluster=of, progress=progress)
    several = len(found.evidence.inputs) > 1
    shown = [_subject(subject, only, found.copies, several) for subject in found.subjects]
    files = _files(found)
    if form == "json":
        whole = {"schema_version": "1", "subjects": shown, "files": files}
        show_json(whole)
        return found.exit_code
    for subject in shown:
        _print_subject(subject)
    _print_files(files)
    return found.exit_code


def _check_prefix(only: str) -> None:
    """Refuse a prefix that no fact has: nothing shown would look as if nothing were known."""
    from analyzer.engine.source import nearest
    from analyzer.model.vocabulary import VOCABULARY

    names = {name for facts in VOCABULARY.values() for name in facts}
    if not any(name.startswith(only) for name in names):
        groups = {f"{name.partition('.')[0]}." for name in names}
        known = names if "." in only.rstrip(".") else groups
        raise UsageProblem(f"no fact's name begins with {only!r}", do=nearest(only, known))


def _subject(subject: Subject, only: str, copies: Copies, several: bool) -> dict[str, object]:
    """Give the facts of a subject; where there are ``several`` inputs, a place begins with the input's id."""
    from analyzer.engine import Fact
    from analyzer.model.vocabulary import VOCABULARY
    from analyzer.redact import redact_json

    found: dict[str, dict[str, object]] = {}
    for name in VOCABULARY[subject.kind]:
        fact = subject.facts.get(name)
        if fact is None or not name.startswith(only):
            continue
        if isinstance(fact, Fact):
            origins = [_place(cite, several) for cite in fact.cites]
            found[name] = {
                "state": "known",
                "value": redact_json(fact.value),
                "derived": fact.derived,
                "origins": origins,
            }
            others = [
                {"value": redact_json(value), "origin": _place(where, several)}
                for value, where in copies.others(fact)
            ]
            if others:
                found[name]["other_copies"] = others
        else:
            why = "; ".join(dict.fromkeys(item.why for item in fact.missing))
            found[name] = {"state": "unknown", "why": why, "origins": []}
    return {"kind": subject.kind, "name": subject.name, "facts": found}


def _place(cite: Cite, several: bool) -> str:
    return f"{cite.input}:{cite.file}:{cite.line}" if several else f"{cite.file}:{cite.line}"


def _files(found: Extraction) -> dict[str, list[dict[str, str]]]:
    evidence = found.evidence
    problems = [*evidence.problems, *found.notes]
    return {
        "inputs": [
            {"id": i.id, "kind": i.kind, "path": i.path, "files": str(i.members)} for i in evidence.inputs
        ],
        "read": [{"input": f.input, "file": f.path, "what": f.what} for f in evidence.files],
        "absent": [{"what": one.what, "place": one.place} for one in found.absent],
        "unused": [{"input": f.input, "file": f.path} for f in evidence.unused],
        "masked": [{"input": f.input, "file": f.path, "what": f.what} for f in evidence.masked],
        "older": [
            {"input": root.partition(":")[0], "folder": root.partition(":")[2]}
            for root in sorted(evidence.older)
        ],
        "refused": [
            {"input": p.input, "file": p.member, "code": p.code, "detail": p.detail}
            for p in problems
            if p.severity != "note"
        ],
        "notes": [
            {"input": p.input, "file": p.member, "detail": p.detail} for p in problems if p.severity == "note"
        ],
    }


def _print_subject(subject: dict[str, object]) -> None:
    rows = subject["facts"]
    if not isinstance(rows, dict) or not rows:
        return
    show(f"{subject['kind']} {subject['name']}")
    for name, fact in rows.items():
        show(f"  {name} = {_text(fact)}")
        for origin in fact["origins"][:3]:
            show(f"      {origin}")
        for other in fact.get("other_copies", ()):
            value = json.dumps(other["value"], ensure_ascii=False)
            show(f"      another copy says {value}: {other['origin']}")


def _print_files(files: dict[str, list[dict[str, str]]]) -> None:
    for one in files["inputs"]:
        show(f"input {one['id']}: {one['path']}, {one['kind']}, files: {one['files']}")
    kinds = Counter(row["what"] for row in files["read"])
    counted = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    show(f"files read: {len(files['read'])} ({counted}; -f json names them)")
    headings = {
        "absent": ("usually in a bundle, and absent", ("what", "place")),
        "unused": ("nothing known in them, and so not used", ("file",)),
        "masked": ("masked, and so not known", ("file", "what")),
        "older": ("older than the bundle around it", ("folder",)),
        "refused": ("not read, or not to the end", ("file", "detail")),
        "notes": ("noted", ("file", "detail")),
    }
    for key, (heading, columns) in headings.items():
        if not files[key]:
            continue
        show(f"{heading}: {len(files[key])}")
        for row in files[key][:_MOST]:
            show(f"  {': '.join(row[column] or '(the input)' for column in columns)}")
        if len(files[key]) > _MOST:
            show(f"  … {len(files[key]) - _MOST} more (-f json for all)")


def _text(fact: dict[str, object]) -> str:
    if fact["state"] == "unknown":
        return f"(not known{': ' + str(fact['why']) if fact['why'] else ''})"
    derived = "  (derived)" if fact["derived"] else ""
    return json.dumps(fact["value"], ensure_ascii=False) + derived
