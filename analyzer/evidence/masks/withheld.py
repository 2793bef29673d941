"""Exports without what was masked in them: a masked value counts as not exported, never as a difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from analyzer.evidence.masks.shapes import (
    is_masked,
    is_stand_in,
    odd_accounts,
    with_account_masks,
    without_account_masks,
)
from analyzer.evidence.masks.taken_out import is_emptied, lacks_elements, open_policy
from analyzer.evidence.masks.translation import holds_mask, holds_stand_in
from analyzer.evidence.records import (
    CallerIdentity,
    DiscoveryDocument,
    Json,
    KeySet,
    Listing,
    ManagedPolicy,
    PolicyDocument,
    ProviderRecord,
    RoleRecord,
    TokenSample,
)
from analyzer.frozen import replace


def without_masks(record: object) -> tuple[object | None, list[str]]:
    """Give a record without its masked parts, None where nothing is left, and what was taken away."""
    match record:
        case RoleRecord():
            return _role(record)
        case ManagedPolicy():
            kept = tuple(d for d in record.documents if not _is_hidden_in(d))
            gone = ["the policy document of " + (record.name or "a managed policy")]
            return (
                (record, [])
                if len(kept) == len(record.documents)
                else (replace(record, documents=kept), gone)
            )
        case ProviderRecord():
            return _provider(record)
        case Listing() if any(_is_not_aws(name) for name in record.names):
            told = tuple(name for name in record.names if not _is_not_aws(name))
            return replace(record, complete=False, names=told), [f"names in a list of {record.what}"]
        case CallerIdentity() if is_masked(record.account) or not record.account.isdigit():
            return None, ["the caller's account"]
        case DiscoveryDocument() if holds_stand_in(record.value):
            return None, ["the discovery document"]
        case KeySet():
            keys = tuple(key for key in record.keys if not holds_stand_in(key))
            gone = ["keys of the key set"]
            return (record, []) if len(keys) == len(record.keys) else (None, gone)
        case TokenSample() if holds_stand_in(record.claims) or holds_mask(record.header):
            return None, ["claims of the token"]
    return record, []


def _role(record: RoleRecord) -> tuple[RoleRecord | None, list[str]]:
    if is_masked(record.name):
        return None, ["the name of a role"]
    gone = []
    if record.arn and record.trust and not record.planned and odd_accounts(record.arn):
        raw = _with_texts(record.trust.raw, with_account_masks)
        record = replace(record, trust=replace(record.trust, raw=raw))
    if record.arn and _is_hidden(record, record.arn):
        record = replace(record, arn=None)
        gone.append(f"the account of role {record.name}")
    if record.trust and _hides_trust(record, record.trust.raw):
        record = replace(record, trust=None)
        gone.append(f"the trust policy of role {record.name}")
    masked = [document for document in record.inline if _is_hidden_in(document, planned=record.planned)]
    if masked:
        names = (*(record.inline_names or ()), *(document.name for document in masked))
        kept = tuple(document for document in record.inline if document not in masked)
        record = replace(record, inline=kept, inline_names=tuple(dict.fromkeys(names)))
        gone += [f"policy {document.name} of role {record.name}" for document in masked]
    return record, gone


def _provider(record: ProviderRecord) -> tuple[ProviderRecord | None, list[str]]:
    if record.url and _is_hidden(record, record.url):
        return None, ["the URL of an identity provider"]
    if record.client_ids and any(not one or _is_hidden(record, one) for one in record.client_ids):
        record = replace(record, client_ids=None)
    if record.arn and _is_hidden(record, record.arn):
        if not record.url:
            return None, ["the ARN of an identity provider"]
        return replace(record, arn=None), ["the account of an identity provider"]
    return record, []


def _is_hidden(record: RoleRecord | ProviderRecord, value: str) -> bool:
    """Tell what stands in the place of a value that AWS wrote; what is only planned a tool wrote."""
    return is_masked(value) if record.planned else _is_not_aws(value)


def _is_not_aws(value: str) -> bool:
    return is_stand_in(value) or bool(odd_accounts(value))


def hides_accounts(document: PolicyDocument) -> bool:
    """Tell a policy in which accounts are masked, and nothing else."""
    return holds_mask(document.raw)


def _hides_trust(record: RoleRecord, raw: Json) -> bool:
    """Tell a trust policy that is not as AWS has it; what is only planned may be wrong in any way."""
    if _masked_beyond_accounts(raw):
        return True
    if record.planned:
        return False
    document = open_policy(raw)
    if document is None or is_emptied(document):
        return True
    given_by_aws = record.arn is not None or record.created is not None
    return given_by_aws and lacks_elements(document, trust=True)


def _is_hidden_in(policy: PolicyDocument, *, planned: bool = False) -> bool:
    if holds_mask(policy.raw) or planned:
        return holds_mask(policy.raw)
    document = open_policy(policy.raw)
    return document is None or is_emptied(document) or lacks_elements(document, trust=False)


def _masked_beyond_accounts(raw: Json) -> bool:
    return holds_mask(_with_texts(raw, without_account_masks))


def _with_texts(value: Json, change: Callable[[str], str]) -> Json:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _with_texts(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_texts(inner, change) for inner in value]
    return value


def phrases(found: Iterable[tuple[str, str]]) -> list[str]:
    """Say what was masked where, each once: (file, what) → sentences."""
    by_file: dict[str, list[str]] = {}
    for file, what in found:
        by_file.setdefault(file, []).append(what)
    return [f"{file}: {', '.join(dict.fromkeys(whats))}" for file, whats in by_file.items()]
