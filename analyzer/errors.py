"""The one family of errors: each says what happened, where, and what to do next.

The exit code stands on the class, so that the command line maps an error to the
contract's table without knowing the error.
"""

from __future__ import annotations


class DoctorError(Exception):
    """Base of every error that this program raises on purpose."""

    exit_code = 70

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        self.what = what
        self.where = where
        self.do = do
        super().__init__(what)

    def __str__(self) -> str:
        """One line: where, what, and what to do."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}. {self.do}" if self.do else head


class UsageProblem(DoctorError):
    """The command line asks for something that cannot be done."""

    exit_code = 2


class RuleProblem(DoctorError):
    """A rule file is wrong; ``where`` is ``file:line``. ``beside`` are what else is wrong with the file."""

    exit_code = 2
    beside: tuple[RuleProblem, ...] = ()


class NothingToRead(DoctorError):
    """No input is a bundle or an export, or nothing in them can be read."""

    exit_code = 3


class RefusedInput(NothingToRead):
    """Nothing could be read: what is there is a bomb, or far more than a bundle has."""

    exit_code = 5


class Unreadable(NothingToRead):
    """An input is there and cannot be opened."""
