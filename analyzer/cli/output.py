"""Where reports go: the options that every reporting command shares, and the writing of files."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, cast, get_args

from analyzer.errors import UsageProblem
from analyzer.frozen import frozen, replace

if TYPE_CHECKING:
    import typer

    from analyzer.findings.report import Report
    from analyzer.reports.formats import Options, Voice
    from analyzer.reports.identifying import Class

STDOUT = "-"
DEFAULT_WIDTH = 100


REPORT_FORMATS = ("text", "json", "markdown", "case", "sarif", "junit", "html")
"""The keys of ``reports.formats.FORMATS``, which is not loaded to show a help."""


def format_option(known: tuple[str, ...]) -> Any:
    """Give the option -f of a command with these formats, the first of which is the default."""
    import typer

    return typer.Option(
        "-f",
        "--format",
        metavar="FORMAT",
        autocompletion=lambda: list(known),
        help=f"One of {', '.join(known)}; {known[0]} where none is given. Repeatable, paired with -o.",
    )


@frozen
class Destination:
    """In which formats to show something, and where."""

    formats: Annotated[list[str] | None, format_option(("text", "json"))] = None
    outputs: Annotated[
        list[str] | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write to this file, which only you can read; - is stdout. Without -f the suffix chooses "
            "the format. Repeatable.",
        ),
    ] = None
    mask: Annotated[
        str,
        typer.Option(
            metavar="CLASSES",
            help="Replace by pseudonyms: accounts, domains, clusters, addresses, resources "
            "(comma-separated), or all.",
        ),
    ] = ""
    mask_map: Annotated[
        str | None,
        typer.Option(
            "--mask-map",
            metavar="FILE",
            help="Keep the pseudonyms in this file, which only you can read; a later run uses them again.",
        ),
    ] = None
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No notices and no progress on stderr.")] = (
        False
    )

    def plan(self, inputs: Sequence[Path], known: Iterable[str]) -> tuple[Target, ...]:
        """Pair formats with files, and refuse what cannot be written, before anything is read.

        ``known`` are the formats that the command has. Raises UsageProblem.
        """
        targets = _paired(self.formats or [], self.outputs or [], tuple(known))
        paths = [target.path for target in targets]
        for path in (*paths, self.mask_map or STDOUT):
            if path != STDOUT:
                check_place(Path(path), inputs)
        if self.mask_map in paths:
            raise UsageProblem("--mask-map and --output name the same file", do="Name another file")
        self._classes()
        return targets

    def _classes(self) -> tuple[Class, ...]:
        asked = [name.strip() for name in self.mask.split(",") if name.strip()]
        if not asked and self.mask_map is None:
            return ()
        from analyzer.reports.identifying import CLASSES

        wrong = next((name for name in asked if name not in (*CLASSES, "all")), None)
        if wrong is not None:
            raise UsageProblem(
                f"there is nothing called {wrong!r} to mask", do=f"Classes: {', '.join(CLASSES)}, all"
            )
        if self.mask_map is not None and not asked:
            raise UsageProblem(
                "--mask-map without --mask", do=f"Say what to mask: {', '.join(CLASSES)} or all"
            )
        return tuple(name for name in CLASSES if name in asked or "all" in asked)

    def masked(self, *reports: Report) -> tuple[Report, ...]:
        """Give the reports with pseudonyms where they were asked for, and write their map."""
        classes = self._classes()
        if not classes:
            return reports
        from analyzer.reports.mask import Pseudonyms

        names = Pseudonyms(classes)
        if self.mask_map is not None and Path(self.mask_map).exists():
            names.read_map(read_text(self.mask_map), self.mask_map)
        shown = tuple(names.mask(report) for report in reports)
        if self.mask_map is not None:
            write(names.map_text(), self.mask_map)
        return shown


@frozen
class TextOptions(Destination):
    """How text is set, beside where it goes."""

    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colour, also on a terminal. So does NO_COLOR.")
    ] = False
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Only ASCII characters in the layout.")] = False
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Show everything, not the first 40 lines.")
    ] = False

    def options(self, target: Target) -> Options:
        """Say how to show a report at this target."""
        from analyzer.reports.formats import Options

        color = target.path == STDOUT and not self.no_color and use_color(sys.stdout)
        return Options(width=_width(), color=color, ascii=self.ascii_only, verbose=self.verbose)


@frozen
class OutputOptions(TextOptions):
    """How to show a report, and where."""

    formats: Annotated[list[str] | None, format_option(REPORT_FORMATS)] = None
    voice: Annotated[
        str,
        typer.Option(metavar="VOICE", help="Whom the format case speaks to: customer or internal."),
    ] = "customer"

    def targets(self, inputs: Sequence[Path]) -> tuple[Target, ...]:
        """Pair formats of a report with files; raises as ``plan`` does."""
        from analyzer.reports.formats import Voice

        if self.voice not in get_args(Voice):
            raise UsageProblem(f"--voice takes {' or '.join(get_args(Voice))}, not {self.voice!r}")
        return self.plan(inputs, REPORT_FORMATS)

    def write(self, report: Report, targets: Sequence[Target]) -> None:
        """Write one report to all targets."""
        from analyzer.reports.formats import render

        [report] = self.masked(report)
        for target in targets:
            options = replace(self.options(target), voice=cast("Voice", self.voice))
            write(render(report, target.format, options), target.path)


@frozen
class Target:
    """One format and the file that it goes to; ``-`` is stdout."""

    format: str
    path: str


def _paired(formats: list[str], outputs: list[str], known: tuple[str, ...]) -> tuple[Target, ...]:
    """Pair formats with outputs in order; a format without output goes to stdout."""
    from analyzer.reports.formats import by_suffix

    if not formats and outputs:
        formats = [by_suffix(path) or known[0] for path in outputs]
    for name in formats:
        check_format(name, known)
    if len(outputs) > len(formats):
        raise UsageProblem("there are more --output than --format", do="Give one --format for each --output")
    names = formats or [known[0]]
    paths = outputs + [STDOUT] * (len(names) - len(outputs))
    twice = next((path for n, path in enumerate(paths) if path in paths[:n]), None)
    if twice == STDOUT:
        raise UsageProblem("two formats cannot both go to stdout", do="Give an --output for each --format")
    if twice is not None:
        raise UsageProblem(f"two formats cannot both go to {twice}", do="Name another file")
    _check_order(list(zip(names, paths, strict=True)))
    return tuple(Target(name, path) for name, path in zip(names, paths, strict=True))


def _check_order(pairs: Sequence[tuple[str, str]]) -> None:
    """Refuse a file whose suffix is of another format that was asked for and has no such file of its own."""
    from analyzer.reports.formats import by_suffix

    for name, path in pairs:
        meant = by_suffix(path)
        own = [by_suffix(other) for wanted, other in pairs if wanted == meant]
        if meant != name and own and meant not in own:
            raise UsageProblem(
                f"by the order of -f and -o {path} would hold {name}, not {meant}",
                do=f"Write -f {meant} -o {path}, and the rest behind it",
            )


def check_format(name: str, known: tuple[str, ...]) -> None:
    """Refuse a format that the command has not. Raises UsageProblem."""
    if name not in known:
        raise UsageProblem(f"there is no format {name!r} here", do=f"Formats: {', '.join(known)}")


def check_place(path: Path, inputs: Sequence[Path]) -> None:
    """Refuse a place that a report must not be written to: through a link, or into an input."""
    if path.is_symlink() and not _is_stream(str(path)):
        raise UsageProblem(
            f"{path} is a link, and reports are not written through links", do="Name a file, or - for stdout"
        )
    if path.is_dir():
        raise UsageProblem(f"{path} is a directory", do="Name a file")
    if not path.parent.is_dir():
        raise UsageProblem(f"cannot write {path}: there is no directory {path.parent}", do="Create it first")
    place = path.resolve()
    for item in inputs:
        if place.is_relative_to(item.resolve()):
            raise UsageProblem(
                f"{path} lies in the input {item}, and inputs are never written to",
                do="Name a file beside it",
            )


def use_color(stream: object) -> bool:
    """Tell whether a stream takes colour: a terminal does, unless NO_COLOR is set."""
    isatty = getattr(stream, "isatty", None)
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and bool(isatty and isatty())


def _width() -> int:
    """Give the columns of a terminal, or what COLUMNS says of it; a file has the same in any environment."""
    if not sys.stdout.isatty():
        return DEFAULT_WIDTH
    from shutil import get_terminal_size

    return max(60, min(get_terminal_size((DEFAULT_WIDTH, 24)).columns, 160))


def write(content: str | bytes, path: str) -> None:
    """Write a text to stdout, or a text or bytes to a file that only its owner can read.

    A file appears whole or not at all, and takes the place of one that was there: what a link or
    another name of the old file points at stays as it was. Raises UsageProblem.
    """
    if path == STDOUT and isinstance(content, str):
        _print(content)
        return
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    try:
        if _is_stream(path):
            with Path(path).open("wb") as stream:
                stream.write(data)
        else:
            _replace(Path(path), data)
    except OSError as error:
        raise UsageProblem(f"cannot write {path}: {error.strerror}") from None


def read_text(path: str, limit: int = 256 << 20) -> str:
    """Read a text of at most ``limit`` bytes; ``-`` is stdin. Raises UsageProblem."""
    try:
        if path == STDOUT:
            raw = standard_input().read(limit + 1)
        else:
            with Path(path).open("rb") as file:
                raw = file.read(limit + 1)
    except OSError as error:
        raise UsageProblem(f"cannot read {path}: {error.strerror}") from None
    if len(raw) > limit:
        raise UsageProblem(f"{path} is larger than {limit >> 20} MiB")
    return raw.decode("utf-8-sig", "replace")


def standard_input() -> BinaryIO:
    """Give stdin as bytes. Raises UsageProblem where the caller closed it."""
    if sys.stdin is None:
        raise UsageProblem("cannot read -: stdin is closed")
    return sys.stdin.buffer


def _print(text: str) -> None:
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stdout.write(text)
    sys.stdout.flush()


def _is_stream(path: str) -> bool:
    """Tell whether a path is a device or a pipe, as /dev/stdout may be: no file can take its place."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name[:100]}.{os.urandom(8).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            file.write(data)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
