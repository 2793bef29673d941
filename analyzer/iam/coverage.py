"""Compare what a workload asks for with what its role is granted, action by action.

Coverage is not yes or no: each action of each entry is granted, conditional, partial, denied or
unknown, with the statement that says so. Layers that were not supplied do not make everything
unknown: the verdict stands and carries them in ``assumes``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from analyzer.frozen import frozen, replace
from analyzer.iam.catalogue import Catalogue, load_catalogue
from analyzer.iam.context import UNKNOWN, Context
from analyzer.iam.coverage_layer import Asked, LayerVerdict, Verdict, judge_layer
from analyzer.iam.entries import Entry
from analyzer.iam.layers import LayerKind, Layers
from analyzer.iam.logic import Ternary
from analyzer.iam.match import split_arn
from analyzer.iam.policy import ConditionClause

Denial = Literal["implicit", "explicit", "boundary", "session", "organization"]

_ORDER: tuple[Verdict, ...] = ("denied", "unknown", "partial", "conditional", "granted")

_DENIALS: dict[LayerKind, Denial] = {
    "boundary": "boundary",
    "session": "session",
    "organization": "organization",
    "resource-control": "organization",
    "endpoint": "organization",
}

# Services with one endpoint: a request to them carries the Region of that endpoint (botocore's endpoints).
_GLOBAL_SERVICES = frozenset({"iam", "route53", "route53domains", "cloudfront", "organizations", "support"})
_GLOBAL_REGION = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-northwest-1"}
_REGION_OF_SERVICE = {("aws-cn", "iam"): "cn-north-1", ("aws-cn", "support"): "cn-north-1"}
"""Where a service's one endpoint is not where those of its partition are."""
_NO_CALL = frozenset({"iam:passrole"})
"""Asked for by the call that passes the role: which Region it carries is not documented."""
_NO_PLACE = {"s3": ("region", "account"), "route53": ("region", "account"), "iam": ("region",)}
"""What the ARNs of a service's resources leave empty (Service Authorization Reference); buckets for S3."""


@frozen
class Scope:
    """Where the workload runs; with it a request for any Region or account is read as for its own."""

    partition: str | None = None
    region: str | None = None
    account: str | None = None

    def narrow(self, resource: str) -> str:
        """Return a resource pattern with the parts that are ``*`` filled in."""
        arn = split_arn(resource)
        if arn is None:
            return resource
        return str(
            arn._replace(
                partition=_filled(arn.partition, self.partition),
                region=_filled(arn.region, self.region),
                account=_filled(arn.account, self.account),
            )
        )

    def readings(self, resource: str) -> tuple[str, ...]:
        """Return what a resource pattern can stand for here, the likeliest first.

        ``arn:aws:s3:*:*:*`` is about buckets, whose ARNs have neither Region nor account, before it is
        about the access points of this account.
        """
        narrowed = self.narrow(resource)
        arn = split_arn(resource)
        parts = _NO_PLACE.get(arn.service, ()) if arn else ()
        empty = {part: "" for part in parts if getattr(arn, part) == "*"}
        return (self.narrow(str(arn._replace(**empty))), narrowed) if arn and empty else (narrowed,)


def _filled(part: str, value: str | None) -> str:
    return value if value and part == "*" else part


@frozen
class ActionVerdict:
    """What became of one action of one entry.

    ``asked`` is the action as the entry writes it, ``patterns`` the narrower resources that are
    granted, ``reasons`` the statements that decided, ``nearest`` a known action like an unknown one.
    ``in_vain`` tells what is denied though a policy has the entry's own words: they name resources, and
    the action has none, so that no call matches them.
    """

    entry: int
    asked: str
    action: str
    resource: str
    verdict: Verdict
    denial: Denial | None = None
    reasons: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    clauses: tuple[ConditionClause, ...] = ()
    assumes: tuple[str, ...] = ()
    known: bool = True
    nearest: str | None = None
    in_vain: bool = False

    @property
    def settled(self) -> Ternary:
        """True granted, False denied, None for everything that a missing fact could change."""
        if self.verdict == "denied":
            return False
        if self.verdict != "granted" or any(one.startswith("no Deny in") for one in self.assumes):
            return None
        return True


@frozen
class Coverage:
    """The verdicts of all actions of all entries, and what all of them take for granted."""

    actions: tuple[ActionVerdict, ...]
    assumes: tuple[str, ...]
    skipped: tuple[int, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many actions have each verdict."""
        found = Counter(one.verdict for one in self.actions)
        return {verdict: found[verdict] for verdict in reversed(_ORDER)}

    def of(self, *verdicts: Verdict) -> tuple[ActionVerdict, ...]:
        """Return the actions with one of these verdicts."""
        return tuple(one for one in self.actions if one.verdict in verdicts)

    def entry(self, index: int) -> Verdict | None:
        """Return the worst verdict among the actions of one entry."""
        found = [one.verdict for one in self.actions if one.entry == index]
        return min(found, key=_ORDER.index) if found else None


def cover(
    entries: Iterable[Entry],
    layers: Layers,
    *,
    catalogue: Catalogue | None = None,
    context: Context | None = None,
    scope: Scope | None = None,
) -> Coverage:
    """Judge every action of every entry against the layers.

    ``context`` holds the condition keys that are known offline; without one nothing is known of any.
    Entries that deny are not compared: their positions are in ``skipped``.
    """
    book = catalogue or load_catalogue()
    known = context or Context(default=UNKNOWN)
    rows: list[ActionVerdict] = []
    skipped: list[int] = []
    for entry in entries:
        if entry.effect != "Allow":
            skipped.append(entry.index)
            continue
        resources = scope.readings(entry.resource) if scope else (entry.resource,)
        for pattern in entry.actions:
            rows += _pattern_verdicts(entry, pattern, resources, layers, book, known, scope)
    return Coverage(tuple(rows), _assumed(layers), tuple(skipped))


def _assumed(layers: Layers) -> tuple[str, ...]:
    missing = []
    if not layers.organization:
        missing.append("no SCP")
    if not layers.resource_control:
        missing.append("no RCP")
    if layers.endpoint is None:
        missing.append("no VPC endpoint policy")
    return tuple(missing)


def _pattern_verdicts(
    entry: Entry,
    pattern: str,
    resources: tuple[str, ...],
    layers: Layers,
    book: Catalogue,
    context: Context,
    scope: Scope | None,
) -> list[ActionVerdict]:
    resource = resources[0]
    wild = "*" in pattern or "?" in pattern
    found = book.expand(pattern) if wild else ()
    if wild and not found:
        reason = f"no action matches {pattern} in the catalogue of {book.date}"
        return [
            ActionVerdict(entry.index, pattern, pattern, resource, "unknown", reasons=(reason,), known=False)
        ]
    if wild and resource != "*":  # it asks for what can be had on these resources, if any of it can
        found = tuple(action for action in found if action.has_resources) or found
    rows = []
    for name in [action.name for action in found] or [pattern]:
        action = book.find(name)
        asked = Asked(
            name=action.name if action else name,
            resource=resource,
            conditions=entry.conditions,
            has_resources=action.has_resources if action else None,
            partition=scope.partition if scope and resource == "*" else None,
        )
        here = _regional(asked, context, scope)
        readings = [_judge(entry, pattern, replace(asked, resource=one), layers, here) for one in resources]
        row = next((one for one in readings if one.denial != "implicit"), readings[0])
        if row.denial == "implicit" and asked.has_resources is False and resource != "*":
            as_written = _judge(entry, pattern, replace(asked, has_resources=None), layers, here)
            row = replace(row, in_vain=as_written.verdict == "granted")
        rows.append(row if action else replace(row, known=False, nearest=book.nearest(name)))
    return rows


def _regional(asked: Asked, context: Context, scope: Scope | None) -> Context:
    name = asked.name.lower()
    service = name.split(":")[0]
    if service not in _GLOBAL_SERVICES:
        return context
    partition = (scope and scope.partition) or "aws"
    region: object = _REGION_OF_SERVICE.get((partition, service)) or _GLOBAL_REGION.get(partition, UNKNOWN)
    return context.adding({"aws:RequestedRegion": UNKNOWN if name in _NO_CALL else region})


def _judge(entry: Entry, pattern: str, asked: Asked, layers: Layers, context: Context) -> ActionVerdict:
    judged: list[tuple[Denial, LayerVerdict]] = [
        ("implicit", judge_layer(layers.identity_documents, asked, context, "identity"))
    ]
    for kind, documents in layers.limits():
        judged.append((_DENIALS[kind], judge_layer(documents, asked, context, kind)))
    denial, worst = _worst(judged)
    assumes = [item for _, verdict in judged for item in verdict.assumes]
    if asked.name.lower().startswith("kms:") and worst.verdict != "denied" and layers.resource is None:
        assumes.append("the key policy allows it")
    reasons = [reason for _, one in judged if one.verdict == worst.verdict for reason in one.reasons]
    return ActionVerdict(
        entry=entry.index,
        asked=pattern,
        action=asked.name,
        resource=asked.resource,
        verdict=worst.verdict,
        denial=denial if worst.verdict == "denied" else None,
        reasons=tuple(dict.fromkeys(reasons)),
        patterns=worst.patterns,
        clauses=tuple(clause for _, verdict in judged for clause in verdict.clauses),
        assumes=tuple(dict.fromkeys(assumes)),
    )


def _worst(judged: Sequence[tuple[Denial, LayerVerdict]]) -> tuple[Denial, LayerVerdict]:
    """Return the layer that decides: any denial, else what is unknown, else the least that is granted."""
    denial, worst = min(judged, key=lambda one: _ORDER.index(one[1].verdict))
    if worst.verdict == "denied" and worst.explicit and denial == "implicit":
        return "explicit", worst
    return denial, worst
