"""The report as JSON, its schema, and the way back from a saved report."""

from __future__ import annotations

import json
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from analyzer.errors import UsageProblem
from analyzer.findings.report import LINKS, SCHEMA_VERSION, Report, to_json
from analyzer.reports.formats import Options
from analyzer.reports.inert import inert, without_secrets
from analyzer.schemas import schema

_FIELDS = {"pass": "passed"}


def render_json(report: Report, options: Options | None = None) -> str:
    r"""Write a report in the contract's order, with a line end after it.

    Characters that would act on a terminal stand as ``\u`` escapes: the same value for every parser.
    """
    return inert_json(to_json(report)) + "\n"


def inert_json(value: object, indent: int | None = 2) -> str:
    r"""Write plain values as JSON in which nothing acts on a terminal; what does is a ``\u`` escape."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return "\n".join(line if line.isprintable() and inert(line) == line else _escaped(line)
                     for line in text.split("\n"))  # fmt: skip


def _escaped(line: str) -> str:
    return "".join(c if inert(c) == c else json.dumps(c)[1:-1] for c in line)


def load_json(text: str, where: str = "") -> Report:
    """Rebuild a report from what ``render_json`` wrote; ``where`` names the file in an error.

    Raises UsageProblem, with the path in the JSON, for anything that is not such a report.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_int=_integer)
        _check(value, where)
        report: Report = without_secrets(_built(Report, value))
    except RecursionError:
        raise _problem("it is nested too deeply", where) from None
    except ValueError as error:
        raise _problem(f"it is not JSON: {inert(str(error))}", where) from None
    return report


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not a JSON value")


def _integer(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("a number has too many digits")
    return int(digits)


def _check(value: object, where: str) -> None:
    """Name the first and most exact place where a value is not a report."""
    found = value.get("schema_version") if isinstance(value, dict) else None
    if isinstance(found, str) and found != SCHEMA_VERSION:
        raise _problem(
            f"it has schema_version {inert(found)[:20]}; this program reads {SCHEMA_VERSION}", where
        )
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(_open(schema())).iter_errors(value))
    if error is not None:
        message = inert(str(error.message))
        short = message if len(message) <= 200 else f"{message[:100]} ... {message[-90:]}"
        raise _problem(f"at {inert(error.json_path)}: {short}", where)
    _check_chains(value, where)


def _check_chains(report: Any, where: str) -> None:
    """Refuse what a schema cannot say: chains that lack links, or one that is there twice."""
    seen: set[str] = set()
    for number, chain in enumerate(report["chains"]):
        if [link["link"] for link in chain["links"]] != list(LINKS):
            raise _problem(f"at $.chains[{number}].links: these are not all links, in their order", where)
        if chain["id"] in seen:
            raise _problem(f"at $.chains[{number}].id: there are two chains of this id", where)
        seen.add(chain["id"])


def _open(part: Any) -> Any:
    """Give the schema as it is for a reader: fields that a later program added are not looked at."""
    if isinstance(part, list):
        return [_open(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {key: _open(item) for key, item in part.items() if (key, item) != ("additionalProperties", False)}


def _problem(what: str, where: str) -> UsageProblem:
    return UsageProblem(
        f"this is not a saved report: {what}",
        where=where,
        do="Pass what `analyze --format json` wrote",
    )


def _built(kind: Any, value: Any) -> Any:
    """Turn plain values, already checked by the schema, into what a type hint says."""
    from dataclasses import fields, is_dataclass

    if is_dataclass(kind) and isinstance(kind, type):
        names = {_FIELDS.get(key, key): item for key, item in value.items()}
        hints = _hints(kind)
        return kind(**{f.name: _built(hints[f.name], names[f.name]) for f in fields(kind) if f.name in names})
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return tuple(_built(inner[0], item) for item in value)
    if origin in (Union, UnionType):
        return None if value is None else _built(inner[0], value)
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
