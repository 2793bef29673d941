"""The rules of a folder in one file that loads fast: what reading the rule files gave, expressions parsed.

The file is JSON, one rule a line, and says of which rule files it was made; for any others it is not used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from analyzer.engine import syntax
from analyzer.engine.expr import Parsed, Program
from analyzer.engine.facts import Vocabulary, visible_facts
from analyzer.engine.rule import EvidenceRef, FixStep, Rule, StateCase, StsError
from analyzer.engine.source import Text, place
from analyzer.engine.template import Template

NAME: Final = "packed.json"
_PLACES: Final = ("start", "end")
"""The last fields of every node."""
_NOWHERE: Final = (0, 0)
_PLAIN: Final = (
    "id", "title", "link", "kind", "severity", "subject", "references", "explains", "points_at", "stage",
    "line",
)  # fmt: skip


def pack(rules: Sequence[Rule], sha256: str) -> str:
    """Write rules that were read without their tests, and the digest of their files."""
    lines = [json.dumps(_packed_rule(rule), separators=(",", ":")) for rule in rules]
    return json.dumps({"sha256": sha256})[:-1] + ', "rules": [\n' + ",\n".join(lines) + "\n]}\n"


def unpack(folder: Path, sha256: str, vocabulary: Vocabulary) -> tuple[Rule, ...] | None:
    """Give the rules of a folder as reading its files would; None where they were not packed as they are."""
    try:
        content = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or content.get("sha256") != sha256:
        return None
    facts = {subject: visible_facts(vocabulary, subject) for subject in vocabulary}
    return tuple(_Unpacker(folder, written, facts[written["subject"]]).rule() for written in content["rules"])


# --- writing ----------------------------------------------------------------------------------


def _packed_rule(rule: Rule) -> dict[str, object]:
    return {name: getattr(rule, name) for name in _PLAIN} | {
        "states": [(case.state, _packed_program(case.when)) for case in rule.states],
        "applies": _packed_program(rule.applies),
        "check": _packed_program(rule.check),
        "message": rule.message.text,
        "why": rule.why.text,
        "evidence": [(ref.fact, ref.role) for ref in rule.evidence],
        "fix": [
            (step.text.text, step.command and step.command.text, _packed_program(step.when))
            for step in rule.fix
        ],
        "disproof": rule.disproof and rule.disproof.text,
        "sts_error": rule.sts_error and (rule.sts_error.stage, rule.sts_error.text.text),
    }


def _packed_program(program: Program | None) -> object:
    if program is None:
        return None
    parsed = program.parsed()
    return (
        program.source.value,
        *place(program.source, 0),
        sorted(parsed.refs),
        parsed.type,
        _flat(parsed.tree),
    )


def _flat(value: object) -> object:
    """Give a tree as lists of a node's class and its fields; where in the text it stands is left out."""
    if isinstance(value, tuple):
        return [_flat(item) for item in value]
    names = getattr(type(value), "__match_args__", None)
    if names is None:
        return value
    return {type(value).__name__: [_flat(getattr(value, name)) for name in names if name not in _PLACES]}


# --- reading ----------------------------------------------------------------------------------


class _Unpacker:
    """One written rule, and what its expressions may name."""

    def __init__(self, folder: Path, written: dict[str, Any], facts: Any) -> None:
        self.written = written
        self.facts = facts
        self.pack = folder.name
        self.file = f"{written['link']}/{written['id']}.yaml"
        self.label = f"{folder}{os.sep}{self.file}"

    def rule(self) -> Rule:
        written = self.written
        error = written["sts_error"]
        return Rule(
            **{name: _as_tuple(written[name]) for name in _PLAIN},  # type: ignore[arg-type]
            states=tuple(StateCase(state, self.program(when)) for state, when in written["states"]),
            applies=self.program(written["applies"], may_ask_known=True),
            check=self.program(written["check"]),  # type: ignore[arg-type]
            message=self.template(written["message"]),
            why=self.template(written["why"]),
            evidence=tuple(EvidenceRef(fact, role) for fact, role in written["evidence"]),
            fix=tuple(
                FixStep(
                    self.template(text),
                    None if command is None else self.template(command, True),
                    self.program(when, may_ask_known=True),
                )
                for text, command, when in written["fix"]
            ),
            disproof=None if written["disproof"] is None else self.template(written["disproof"]),
            sts_error=error and StsError(error[0], self.template(error[1])),
            tests=(),
            pack=self.pack,
            file=self.file,
        )

    def template(self, text: str, command: bool = False) -> Template:
        return Template(Text(text, self.label), self.facts, command)

    def program(self, written: Any, *, may_ask_known: bool = False) -> Program | None:
        if written is None:
            return None
        value, line, column, refs, kind, tree = written
        return Program(
            Text(value, self.label, line, column),
            self.facts,
            may_ask_known=may_ask_known,
            parsed=lambda: Parsed(_node(tree), frozenset(refs), kind),
        )


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _node(flat: Any) -> Any:
    if isinstance(flat, list):
        return tuple(map(_node, flat))
    if not isinstance(flat, dict):
        return flat
    ((name, fields),) = flat.items()
    return getattr(syntax, name)(*map(_node, fields), *_NOWHERE)
