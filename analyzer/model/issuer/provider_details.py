"""Facts about a provider's client ids and thumbprints."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.masks.shapes import is_stand_in
from analyzer.evidence.records import ProviderRecord
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.aws import PLACEHOLDER
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.mounted_tokens import USUAL_AUDIENCES
from analyzer.model.joining.objects import known
from analyzer.patterns import later

_THUMBPRINT = later(r"[0-9A-Fa-f]{40}")
_THUMBPRINT_LIMIT = 5


def detail_facts(
    record: ProviderRecord | None,
    audiences: Fact | Unknown,
    asks: Asks,
    present: Fact | Unknown,
    *,
    disputed: bool = False,
) -> Facts:
    """Give the facts on what a provider accepts; null where it is known that there is none."""
    names = (
        "client_ids",
        "audiences_missing",
        "audiences_spare",
        "audiences_malformed",
        "audiences_worthless",
        "thumbprints_malformed",
    )
    if isinstance(present, Fact) and present.value is False:
        return {f"provider.{name}": known(None) for name in names}
    if record is None or record.client_ids is None or disputed:
        why = "the exports of the IAM OIDC provider of this issuer disagree about its audiences"
        return {f"provider.{name}": asks.provider(why if disputed else "") for name in names}
    ids, where = record.client_ids, record.where.at("ClientIDList")
    facts: Facts = {"provider.client_ids": known(list(ids), where)}
    used = audiences.value if isinstance(audiences, Fact) and isinstance(audiences.value, list) else None
    cites = audiences.cites if isinstance(audiences, Fact) else ()
    if used is None:
        assert isinstance(audiences, Unknown)  # noqa: S101  (a fact about audiences is a list)
        facts["provider.audiences_missing"] = facts["provider.audiences_spare"] = audiences
    else:
        missing = [a for a in used if a not in ids]
        spare = [a for a in USUAL_AUDIENCES if a not in ids and a not in used]
        facts["provider.audiences_missing"] = known(missing, where, *cites)
        facts["provider.audiences_spare"] = known(spare, where)
    worthless = [a for a in ids if is_malformed(a)]
    facts["provider.audiences_malformed"] = known([repr(a) for a in worthless], where)
    facts["provider.audiences_worthless"] = known(worthless, where)
    prints = record.thumbprints or ()
    # what a dry run of ccoctl leaves is no mask: nobody filled it in
    shown = [one for one in prints if PLACEHOLDER.search(one) or not is_stand_in(one)]
    bad = bad_thumbprints(shown)
    facts["provider.thumbprints_malformed"] = (
        known(bad, record.where.at("ThumbprintList")) if bad or len(shown) == len(prints) else asks.provider()
    )
    return facts


def is_malformed(audience: str) -> bool:
    """Tell an audience that no token carries: with blanks or invisible characters, or nearly AWS's own."""
    if audience != audience.strip() or not audience.isprintable() or not audience.isascii():
        return True
    near = {"sts.amazon.com", "sts.aws.com", "sts.amazonaws.com/", "https://sts.amazonaws.com"}
    return audience in near or (audience not in USUAL_AUDIENCES and audience.lower() in USUAL_AUDIENCES)


def bad_thumbprints(prints: Iterable[str]) -> list[str]:
    """Give what cannot be a thumbprint, and a phrase where there are too many."""
    values = list(prints)
    bad = [t for t in values if not _THUMBPRINT.fullmatch(t) or len(set(t.lower())) == 1]
    return bad + ([f"{len(values)} entries"] if len(values) > _THUMBPRINT_LIMIT else [])
