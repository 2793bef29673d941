"""Exit codes of the contract: every way in which a command can end, in one place."""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Callable
from typing import ParamSpec

from analyzer.errors import DoctorError

INTERNAL = 70
INTERRUPTED = 130
USAGE = 2

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What a write says to a disk that is full or broken."""

_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP})
"""What it says to a path that is not for this user, or none at all."""

P = ParamSpec("P")


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """Turn a command that returns an exit code into one that ends the program with it."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        import typer

        raise typer.Exit(exit_code(lambda: command(*args, **kwargs)))

    return run


def exit_code(command: Callable[[], int]) -> int:
    """Run a command to its end, whichever that is, and give the exit code.

    An error of ours is one line on stderr with its own code. A crash is 70 and names the place in
    our code, never a value: the values may be secrets of the user's.
    """
    try:
        code = command()
        sys.stdout.flush()
    except DoctorError as error:
        complain(error)
        code = error.exit_code
    except KeyboardInterrupt:
        say("interrupted")
        code = INTERRUPTED
    except OSError as error:
        code = _refused(error)
    except Exception as error:  # a crash must not look like a finding
        code = crashed(error)
    return code


def _refused(error: OSError) -> int:
    """Say what the system did not let us do where that is no defect of ours, and give the exit code."""
    if error.errno in _FULL:
        say(f"error: cannot write the output: {error.strerror}")
        _drop_output()
        return USAGE
    if error.errno in _CLOSED and isinstance(error.filename, str | bytes):
        say(f"error: {os.fsdecode(error.filename)} cannot be looked at: {error.strerror}")
        return USAGE
    if error.errno == errno.ENOENT and not _stands_somewhere():
        say("error: the directory that this was called in is gone. Go to one that is there")
        return USAGE
    return crashed(error)


def _stands_somewhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 - Path is not loaded here
    except FileNotFoundError:
        return False
    return True


def _drop_output() -> None:
    """Let what is left in stdout's buffer go nowhere: the end of the program would stumble over it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def crashed(error: Exception) -> int:
    """Name the place of a crash, never a value, and give the exit code."""
    say(f"internal error: {type(error).__name__} at {_place(error)}. This is a defect of sts-doctor")
    return INTERNAL


def complain(error: DoctorError) -> None:
    """Write an error of ours to stderr: one line, and below it the place in a rule file where it has one."""
    from analyzer.redact import redact
    from analyzer.reports.inert import inert

    advice, *shown = error.do.split("\n")
    # each by itself: behind a file that is called secret, what is wrong with it is none
    what, where, do = map(redact, (error.what, error.where, advice))
    print(f"sts-doctor: error: {inert(str(type(error)(what, where=where, do=do)))}", file=sys.stderr)
    for line in shown:
        print(inert(redact(line)), file=sys.stderr)


def say(text: str) -> None:
    """Write one notice to stderr, made inert and without secrets: a path may be a token passed by mistake."""
    from analyzer.redact import redact
    from analyzer.reports.inert import inert

    print(f"sts-doctor: {inert(redact(text))}", file=sys.stderr)


def show(text: str) -> None:
    """Write one line to stdout that may hold what an input says: without secrets, and inert."""
    from analyzer.redact import redact
    from analyzer.reports.inert import inert

    _print(inert(redact(text)))


def show_lines(text: str) -> None:
    """Do the same with a text of several lines of ours."""
    from analyzer.redact import redact

    for line in redact(text).split("\n"):
        show(line)


def show_json(value: object, indent: int | None = 2) -> None:
    """Write plain values to stdout as JSON, without secrets and with nothing that acts on a terminal."""
    from analyzer.redact import redact_json
    from analyzer.reports.json import inert_json

    _print(inert_json(redact_json(value), indent))


def _print(text: str) -> None:
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace")
    print(text)


def _place(error: Exception) -> str:
    trace = error.__traceback__
    place = "unknown place"
    while trace is not None:
        code = trace.tb_frame.f_code
        module = trace.tb_frame.f_globals.get("__name__", "?")
        place = f"{module}:{trace.tb_lineno} ({code.co_name})"
        trace = trace.tb_next
    return place
