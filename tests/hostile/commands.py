"""Every command over the same inputs, and all that comes out of each: files, both streams, the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from typer.testing import CliRunner

from analyzer.cli.app import app
from analyzer.reports.formats import FORMATS


def run(*arguments: str | Path) -> tuple[int, str]:
    """Run one command in process; give its exit code and all that it said."""
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output + (result.stderr or "")


def outputs(inputs: list[Path], out: Path) -> Iterator[tuple[str, str | bytes]]:
    """Yield (what it is, its content) for every command that takes inputs."""
    out.mkdir()
    pairs = [part for name in FORMATS for part in ("-f", name, "-o", out / f"r.{name}")]
    code, said = run("analyze", *inputs, *pairs, "-v")
    assert code in (0, 1, 5, 6), said
    yield "analyze", said
    yield "analyze text", run("analyze", *inputs, "-v")[1]
    for form in ("text", "json"):
        yield f"facts {form}", run("facts", *inputs, "-f", form)[1]
    for form in ("text", "json", "sh"):
        yield f"collect {form}", run("collect", *inputs, "-f", form)[1]
    yield "fix", run("fix", *inputs, "-o", out / "fix")[1]
    yield "diff", run("diff", out / "r.json", out / "r.json", "-f", "json")[1]
    yield "render", run("render", out / "r.json", "-f", "case", "--voice", "internal")[1]
    yield "baseline", run("baseline", out / "r.json", "--reason", "x")[1]
    for path in sorted(out.rglob("*")):
        if path.is_file():
            yield f"file {path.relative_to(out)}", path.read_bytes()
            yield "a file's name", path.name
