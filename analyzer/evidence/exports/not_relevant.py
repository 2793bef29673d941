"""Exports that are known and say nothing of how a cluster's operators sign in: each with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence.exports.shape import Reader, Reading, Shape
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json


def _of_no_use(keys: tuple[str, ...], sentence: str) -> Reader:
    def read(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
        if all(key in value for key in keys):
            reading.notes.append(sentence)
        yield from ()

    return read


_KNOWN = (
    (("Content", "ReportFormat"), "a credential report lists users and their keys: it says nothing of roles"),
    (("SummaryMap",), "an account summary counts things: it says nothing of a role"),
    (("ServicesLastAccessed",), "when services were last used does not say what a role may do"),
    (("JobStatus", "JobCreationDate"), "when services were last used does not say what a role may do"),
    (("StackResources",), "a stack's resources by name only: ask IAM for the roles themselves"),
    (("StackResourceSummaries",), "a stack's resources by name only: ask IAM for the roles themselves"),
    (("PasswordPolicy",), "a password policy is about users"),
    (("Users",), "users are not part of how operators sign in"),
    (("InstanceProfiles",), "instance profiles are for nodes, not for operators that use STS"),
)
SHAPES = tuple(Shape("not relevant", keys[:1], _of_no_use(keys, sentence)) for keys, sentence in _KNOWN)
