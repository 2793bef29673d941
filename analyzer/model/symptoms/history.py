"""When things happened to a chain: what its logs cover, and when what it rests on was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from analyzer.evidence.gathered import Evidence
from analyzer.evidence.records import ProviderRecord
from analyzer.evidence.values import parse_time
from analyzer.frozen import frozen
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import Facts, value_of
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.symptoms.logs import logs_of


@frozen
class LogCover:
    """The logs that would hold a chain's errors: the pods, and the time from first to last line.

    The times are None where no line has one.
    """

    pods: tuple[str, ...]
    first: datetime | None
    last: datetime | None


@frozen
class Change:
    """Something that a link of a chain rests on came into being: what, as a phrase, and when."""

    link: str
    what: str
    when: datetime


def log_cover(chain: Chain, evidence: Evidence) -> LogCover | None:
    """Give what the logs of a chain's pods cover; None where none was gathered.

    In a namespace that other pods share, only the logs of pods that are known to use the chain count.
    """
    files = [f for f in logs_of(chain, evidence) if not f.empty]
    own = {w.name for w in chain.workloads if w.kind == "Pod"}
    files = [f for f in files if f.pod in own] or files
    if not files:
        return None
    starts, ends = [f.first for f in files if f.first], [f.last for f in files if f.last]
    return LogCover(
        tuple(dict.fromkeys(f.pod for f in files if f.pod)),
        min(starts, default=None),
        max(ends, default=None),
    )


def changes(
    chain: Chain, choice: RoleChoice, provider: ProviderRecord | None, facts: Facts
) -> tuple[Change, ...]:
    """Tell when the Secret, the issuer, the provider and the role of a chain came to be, oldest first."""
    moments: Sequence[tuple[str, str, datetime | None]] = (
        ("secret", f"Secret {chain.id} was made", chain.secret.created if chain.secret else None),
        ("mode", "the issuer was changed", parse_time(_text(value_of(facts, "workload.issuer_changed")))),
        ("provider", "the OIDC provider was made", parse_time(provider.created) if provider else None),
        (
            "trust",
            f"role {choice.name} was made",
            parse_time(choice.role.created) if choice.role else None,
        ),
    )
    found = [Change(link, what, when) for link, what, when in moments if when is not None]
    return tuple(sorted(found, key=lambda change: change.when))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
