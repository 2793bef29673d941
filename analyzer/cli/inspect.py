"""``sts-doctor inspect``: single objects, without any bundle."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.guard import guarded
from analyzer.errors import UsageProblem

app = typer.Typer(help="Look at single objects: a policy, a trust policy.", no_args_is_help=True,
                  rich_markup_mode=None)  # fmt: skip

LINE_LIMIT = 16 << 20


@app.command("policy")
@guarded
def policy(source: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines; - reads stdin.")]) -> int:
    """Decide requests against policies: one JSON object a line in, one decision a line out."""
    from analyzer.iam.lines import evaluate_policy_line

    return _each_line(source, evaluate_policy_line)


@app.command("trust")
@guarded
def trust(source: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines; - reads stdin.")]) -> int:
    """Decide whether tokens may assume roles: one JSON object a line in, one decision a line out."""
    from analyzer.iam.lines import evaluate_trust_line

    return _each_line(source, evaluate_trust_line)


def _each_line(source: str, decide: Callable[[object], dict[str, object]]) -> int:
    for number, line in enumerate(_lines(source), 1):
        if not line.strip():
            continue
        try:
            given: object = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageProblem(f"line {number} is not JSON: {error}") from None
        print(json.dumps(decide(given), ensure_ascii=False))
    return 0


def _lines(source: str) -> Iterable[str]:
    if source == "-":
        return iter(lambda: sys.stdin.readline(LINE_LIMIT), "")
    try:
        return Path(source).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"cannot read {source}: {error}") from None
