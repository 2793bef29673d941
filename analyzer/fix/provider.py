"""The account's IAM OIDC provider: made, or its audiences and thumbprints put right."""

from __future__ import annotations

from analyzer.evidence.records import Json, ProviderRecord
from analyzer.fix.repair import (
    Case,
    Change,
    Document,
    Refusal,
    Repair,
    Step,
    as_json,
    command,
    issuer_to_mend_for,
    name_in_tags,
)
from analyzer.model.issuer.provider_details import bad_thumbprints, is_malformed
from analyzer.model.joining.aws import provider_arn, provider_of, without_scheme
from analyzer.model.joining.mounted_tokens import USUAL_AUDIENCES
from analyzer.model.joining.roles import OWNED
from analyzer.model.joining.urls import url_difference

_CALL = ("aws", "iam")


def mend_provider(case: Case, rule: str) -> Repair | Refusal:
    """Offer what a rule about the provider asks for."""
    joined = case.joined
    issuer, account = issuer_to_mend_for(case), joined.asks.account
    if isinstance(issuer, Refusal):
        return issuer
    if not account or not joined.view.partition_known:
        return Refusal("the partition or the account of the roles is not known")
    arn = provider_arn(joined.view.partition, account, issuer)
    record = joined.providers.find(issuer, account)
    if rule in ("provider-missing", "provider-url-mismatch", "provider-account-mismatch"):
        return _other_issuer(case, issuer) or _created(case, arn, rule)
    if record is None or record.client_ids is None:
        return Refusal("the provider's audiences were not handed in")
    if rule == "provider-thumbprint-malformed":
        return _thumbprints(arn, record)
    return _audiences(case, arn, record)


def _other_issuer(case: Case, issuer: str) -> Refusal | None:
    """Leave the choice to people where all roles agree on another issuer, whose provider is there.

    Then the cluster's own setting may be what is wrong: with documents for it, everything that is right
    would be moved after it.
    """
    meant = case.cluster_fact("issuer.meant")
    if case.cluster_fact("issuer.meant_arn") is None or meant == issuer:
        return None
    return Refusal(
        f"all roles that were exported trust the provider of {meant}, which is there: settle first whether"
        " the issuer that the cluster is set to is what is wrong"
    )


def _created(case: Case, arn: str, rule: str) -> Repair | Refusal:
    """Make the provider; the one of another URL, which cannot be changed, goes last."""
    joined = case.joined
    issuer = joined.view.issuer or ""
    near = _near(case, arn) if rule == "provider-url-mismatch" else None
    tags = dict(near.tags) if near else _ccoctl_tags(case)
    ids = list(dict.fromkeys([*USUAL_AUDIENCES, *_used(case)]))
    body: dict[str, Json] = {"Url": issuer, "ClientIDList": ids}
    if tags:
        body["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    shown = body | {"Url": without_scheme(issuer), "CreateDate": "", "OpenIDConnectProviderArn": arn}
    path = "provider/create-open-id-connect-provider.json"
    create = command(*_CALL, "create-open-id-connect-provider", "--cli-input-json", f"file://{path}")
    apply = [Step("Make the provider.", create)]
    changes = [Change("provider", arn, as_json(shown))]
    notes = [
        "AWS checks the certificates of S3, CloudFront and other public hosts by itself. If an older aws"
        " command asks for --thumbprint-list: it is the SHA-1 of the last certificate that the host shows."
    ]
    if case.cluster_fact("rosa.used") is True:
        notes.append(
            "On ROSA, rosa create oidc-provider makes it, with its tags: use that where it is at hand."
        )
    if near is not None and (old := _arn_of(case, near)):
        drop = command(*_CALL, "delete-open-id-connect-provider", "--open-id-connect-provider-arn", old)
        apply.append(Step("Once the operators have signed in, delete the one with the wrong URL.", drop))
        changes.append(Change("provider", old, ""))
        notes.append("Nothing that serves this cluster can sign in by the provider that is deleted.")
    rollback = command(*_CALL, "delete-open-id-connect-provider", "--open-id-connect-provider-arn", arn)
    return Repair(
        key="provider",
        title=f"IAM OIDC provider {arn}",
        documents=(Document(path, as_json(body)),),
        changes=tuple(changes),
        backup=(),
        apply=tuple(apply),
        rollback=(Step("Delete the new provider.", rollback),),
        notes=tuple(notes),
    )


def _ccoctl_tags(case: Case) -> dict[str, str]:
    name = name_in_tags(case)
    return {} if name is None else {f"{OWNED}{name}": "owned", "Name": name}


def _near(case: Case, arn: str) -> ProviderRecord | None:
    wanted = without_scheme(case.joined.view.issuer or "")
    account = arn.split(":")[4]
    for record in case.joined.providers.records:
        own = case.joined.providers.account_of(record)
        if record.url and url_difference(wanted, record.url) and own in (None, account):
            return record
    return None


def _arn_of(case: Case, record: ProviderRecord) -> str | None:
    if record.arn:
        return record.arn
    found = [
        arn
        for arn, _ in case.joined.providers.listed_arns()
        if (p := provider_of(arn)) and p[1] == record.url
    ]
    return found[0] if len(found) == 1 else None


def _used(case: Case) -> list[str]:
    """Give the audiences that pods use and a provider may take."""
    found: list[str] = []
    for chain in case.joined.chains:
        for workload in chain.workloads:
            found += [t.audience for t in workload.tokens if t.audience in USUAL_AUDIENCES]
    return found


def _audiences(case: Case, arn: str, record: ProviderRecord) -> Repair | Refusal:
    held = list(record.client_ids or ())
    wrong = [one for one in held if is_malformed(one)]
    more = [one for one in USUAL_AUDIENCES if one not in held]
    if not wrong and not more:
        return Refusal(
            "the provider lists what the pods' tokens carry; the audience of the pods is another's fault"
        )
    add = [(f"Add the audience {one}.", "add-client-id-to-open-id-connect-provider", one) for one in more] + [
        (f"Remove {one!r}, which no token carries.", "remove-client-id-from-open-id-connect-provider", one)
        for one in wrong
    ]
    back = [
        (f"Remove {one} again.", "remove-client-id-from-open-id-connect-provider", one) for one in more
    ] + [(f"Add {one!r} again.", "add-client-id-to-open-id-connect-provider", one) for one in wrong]
    ids = [one for one in held if one not in wrong] + more
    return Repair(
        key="provider-audiences",
        title=f"Audiences of the IAM OIDC provider {arn}",
        documents=(),
        changes=(Change("provider", arn, as_json(_shown(record, arn) | {"ClientIDList": ids})),),
        backup=(_saved(arn),),
        apply=tuple(Step(text, _client_id(call, arn, one)) for text, call, one in add),
        rollback=tuple(Step(text, _client_id(call, arn, one)) for text, call, one in back),
    )


def _client_id(call: str, arn: str, audience: str) -> str:
    return command(*_CALL, call, "--open-id-connect-provider-arn", arn, "--client-id", audience)


def _saved(arn: str) -> Step:
    show = command(*_CALL, "get-open-id-connect-provider", "--open-id-connect-provider-arn", arn)
    return Step("Save the provider as it is.", f"{show} --output json > backup/provider.json")


def _thumbprints(arn: str, record: ProviderRecord) -> Repair | Refusal:
    held = list(record.thumbprints or ())
    bad = set(bad_thumbprints(held))
    good = [one for one in held if one not in bad][:5]
    if not good:
        return Refusal(
            "which thumbprint is right cannot be told offline: take the SHA-1 of the last certificate that"
            " openssl s_client -showcerts shows for the issuer's host"
        )

    def update(prints: list[str]) -> str:
        words = (*_CALL, "update-open-id-connect-provider-thumbprint", "--open-id-connect-provider-arn", arn)
        return command(*words, "--thumbprint-list", *prints)

    return Repair(
        key="provider-thumbprints",
        title=f"Thumbprints of the IAM OIDC provider {arn}",
        documents=(),
        changes=(Change("provider", arn, as_json(_shown(record, arn) | {"ThumbprintList": list(good)})),),
        backup=(_saved(arn),),
        apply=(Step("Keep the thumbprints that are well-formed.", update(good)),),
        rollback=(Step("Put the old list back.", update(held)),),
    )


def _shown(record: ProviderRecord, arn: str) -> dict[str, Json]:
    return {
        "Url": record.url,
        "ClientIDList": list(record.client_ids or ()),
        "ThumbprintList": list(record.thumbprints or ()),
        "CreateDate": "",
        "OpenIDConnectProviderArn": arn,
        "Tags": [{"Key": key, "Value": value} for key, value in record.tags.items()],
    }
