"""Match actions, resource ARNs and principals as the policy language does.

Actions compare without case as whole strings. Resource ARNs are compared part by part: the first
five colons separate, the sixth part may hold colons, a wildcard does not leave its part, and case
counts. Where a pattern lacks a part, a ``*`` at the end of one may stand for two: AWS says that it "can"
go beyond the colon, so whether it does is not known.
Sources: IAM User Guide, "Action", "Resource", "Principal", "Condition operators".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import ClassVar, NamedTuple

from analyzer.frozen import frozen
from analyzer.iam import glob
from analyzer.iam.context import Context
from analyzer.iam.logic import Ternary
from analyzer.iam.variables import UNCERTAIN, Unset, has_variables, substitute
from analyzer.patterns import later

_ACCOUNT = later(r"\d{12}")
_PLACE_OF_ACCOUNT = later(r"[\d*?]*|aws|\$\{.*")
_NEVER = later(r"(?!)")


class Arn(NamedTuple):
    """The six parts of an ARN; the last one holds everything after the fifth colon."""

    arn: str
    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        """Return the ARN as text."""
        return ":".join(self)


def split_arn(text: str) -> Arn | None:
    """Return the six parts, or None when the text is no ARN."""
    parts = text.split(":", 5)
    return Arn(*parts) if len(parts) == 6 and parts[0] == "arn" else None


def pad_arn(pattern: str) -> Arn | None:
    """Return the six parts of a pattern, a short one (``arn:aws:ec2``) filled up with ``*``."""
    parts = pattern.split(":", 5)
    if parts[0] != "arn" or len(parts) < 2:
        return None
    return Arn(*parts, *["*"] * (6 - len(parts)))


@lru_cache(maxsize=1024)
def shifted_arns(pattern: str) -> tuple[Arn, ...]:
    """Return the readings of a pattern that lacks a part, in which a ``*`` before a colon stands for two.

    ``arn:aws:ec2:*:volume/*`` leaves the account out: its ``*`` can be Region and account.
    """
    parts = pattern.split(":")
    if parts[0] != "arn" or "*:" not in pattern:
        return ()
    lacking = 6 - len(parts)
    if lacking <= 0:
        lacking = 0 if _PLACE_OF_ACCOUNT.fullmatch(parts[4]) else 1
    stars = [at for at, part in enumerate(parts[:-1][:5]) if at and part.endswith("*")]
    found = []
    for chosen in combinations_with_replacement(stars, lacking) if lacking else ():
        longer = [piece for at, part in enumerate(parts) for piece in (part, *["*"] * chosen.count(at))]
        found.append(Arn(*":".join(longer).split(":", 5)))
    return tuple(found)


@lru_cache(maxsize=8192)
def arn_regex(arn: Arn, *, any_service: bool = False) -> str:
    """Return a pattern of six parts as a regular expression in which wildcards stay within their part.

    In a Resource AWS refuses a wildcard for the service ("Resource vendor must be fully qualified and
    cannot contain regexes."), so one that stands there matches only itself; in a condition each part may
    have one (``any_service``).
    """
    parts = [
        re.escape(part) if name == "service" and not any_service else glob.regex(part, any_char="[^:]")
        for name, part in zip(Arn._fields[:5], arn, strict=False)
    ]
    return ":".join([*parts, glob.regex(arn.resource)])


@lru_cache(maxsize=8192)
def compiled_arn(pattern: str, *, any_service: bool = False) -> re.Pattern[str]:
    """Return a whole ARN pattern compiled for ``fullmatch``; never matches when it has not six parts."""
    arn = split_arn(pattern)
    return re.compile(arn_regex(arn, any_service=any_service), re.DOTALL) if arn else _NEVER


def arn_matches(pattern: str, arn: str, *, any_service: bool = False) -> bool:
    """Whether an ARN matches a pattern of six parts; a text that is no ARN matches nothing."""
    if split_arn(arn) is None:
        return False
    return compiled_arn(pattern, any_service=any_service).fullmatch(arn) is not None


@frozen
class ActionMatcher:
    """Action or NotAction of one statement, made ready: literals in a set, patterns in one expression.

    ``doubtful`` holds patterns with a wildcard for the service (``*:Get*``): what IAM makes of them
    is not documented.
    """

    NOTHING: ClassVar[ActionMatcher]
    everything: bool = False
    literals: frozenset[str] = frozenset()
    patterns: re.Pattern[str] | None = None
    doubtful: re.Pattern[str] | None = None
    negated: bool = False

    @classmethod
    def of(cls, actions: tuple[str, ...] | None, not_actions: tuple[str, ...] | None) -> ActionMatcher:
        """Return the matcher of a statement's Action, or of its NotAction."""
        given = actions if actions is not None else not_actions or ()
        lowered = [action.lower() for action in given]
        wild = [action for action in lowered if "*" in action or "?" in action]
        sure = [action for action in wild if ":" in action and not glob.has_wildcard(action.split(":")[0])]
        unsure = [action for action in wild if ":" in action and action not in sure]
        return cls(
            everything=any(set(action) == {"*"} for action in wild),
            literals=frozenset(lowered).difference(wild),
            patterns=_one_of(sure),
            doubtful=_one_of(unsure),
            negated=actions is None and not_actions is not None,
        )

    def matches(self, action: str) -> Ternary:
        """Whether the statement speaks of this action, given in lower case."""
        if (
            action in self.literals
            or self.everything
            or (self.patterns is not None and self.patterns.fullmatch(action) is not None)
        ):
            return not self.negated
        if self.doubtful is not None and self.doubtful.fullmatch(action):
            return None
        return self.negated


def _one_of(patterns: Sequence[str]) -> re.Pattern[str] | None:
    text = "|".join(glob.regex(glob.escape_dollars(pattern)) for pattern in patterns)
    return re.compile(text, re.DOTALL) if text else None


ActionMatcher.NOTHING = ActionMatcher()


@frozen
class ResourceMatcher:
    """Resource or NotResource of one statement, made ready.

    ``short`` matches the ARNs of fewer than six parts, which count only in policies of a principal;
    ``doubtful`` what the patterns that lack a part may match; ``variable`` are the patterns that hold
    policy variables.
    """

    NOTHING: ClassVar[ResourceMatcher]
    everything: bool = False
    literals: frozenset[str] = frozenset()
    patterns: re.Pattern[str] | None = None
    short: re.Pattern[str] | None = None
    doubtful: re.Pattern[str] | None = None
    variable: tuple[str, ...] = ()
    negated: bool = False
    given: bool = False

    @classmethod
    def of(
        cls, resources: tuple[str, ...] | None, not_resources: tuple[str, ...] | None, variables: bool
    ) -> ResourceMatcher:
        """Return the matcher of a statement's Resource, or of its NotResource."""
        listed = resources if resources is not None else not_resources or ()
        literals: list[str] = []
        whole: list[str] = []
        short: list[str] = []
        doubtful: list[str] = []
        variable: list[str] = []
        for given in listed:
            pattern = given if variables else glob.escape_dollars(given)
            if has_variables(pattern):
                variable.append(pattern)
                continue
            doubtful += map(arn_regex, shifted_arns(pattern))
            if split_arn(pattern) and not glob.has_wildcard(pattern):
                literals.append(glob.literal(pattern))
            elif split_arn(pattern):
                whole.append(arn_regex(Arn(*pattern.split(":", 5))))
            elif padded := pad_arn(pattern):
                short.append(arn_regex(padded))
        return cls(
            everything="*" in listed,
            literals=frozenset(literals),
            patterns=re.compile("|".join(whole), re.DOTALL) if whole else None,
            short=re.compile("|".join(short), re.DOTALL) if short else None,
            doubtful=re.compile("|".join(doubtful), re.DOTALL) if doubtful else None,
            variable=tuple(variable),
            negated=resources is None and not_resources is not None,
            given=resources is not None or not_resources is not None,
        )

    def matches(self, resource: str, context: Context, *, short: bool = True) -> Ternary:
        """Whether the statement speaks of this resource; unknown when a variable or reading is."""
        if self.everything or resource in self.literals:
            return not self.negated
        if self.patterns is not None and self.patterns.fullmatch(resource):
            return not self.negated
        if short and self.short is not None and self.short.fullmatch(resource):
            return not self.negated
        unknown = self.doubtful is not None and self.doubtful.fullmatch(resource) is not None
        for pattern in self.variable:
            text = resolve_resource(pattern, context)
            unknown = unknown or text is UNCERTAIN
            if not isinstance(text, Unset) and arn_matches(text, resource):
                return not self.negated
        return None if unknown else self.negated


ResourceMatcher.NOTHING = ResourceMatcher()


def resolve_resource(pattern: str, context: Context) -> str | Unset:
    """Return a resource pattern with its variables replaced; they count only in the last part of the ARN."""
    parts = pattern.split(":", 5)
    if len(parts) < 6:
        return pattern
    last = substitute(parts[5], context)
    return last if isinstance(last, Unset) else ":".join([*parts[:5], last])


def account_of(text: str) -> str | None:
    """Return the account that an ARN or a bare account id names."""
    if _ACCOUNT.fullmatch(text):
        return text
    arn = split_arn(text)
    return arn.account if arn and _ACCOUNT.fullmatch(arn.account) else None


def role_of_session(principal: str) -> str | None:
    """Return the name of the role behind ``arn:aws:sts::<account>:assumed-role/<role>/<session>``."""
    arn = split_arn(principal)
    if arn is None or arn.service != "sts" or not arn.resource.startswith("assumed-role/"):
        return None
    return arn.resource.split("/")[1]


def principal_forms(principal: str, role_arn: str | None = None) -> Sequence[str]:
    """Return the texts in a Principal element that name this principal itself: its ARN, its role's ARN."""
    forms = [principal]
    role = role_of_session(principal)
    arn = split_arn(principal)
    if role and arn:
        forms.append(role_arn or f"arn:{arn.partition}:iam::{arn.account}:role/{role}")
    return forms
