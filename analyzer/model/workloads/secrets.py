"""Facts about the Secret of a chain: what it says where it is readable, and what stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence import kubernetes
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.origin import Quote, Where
from analyzer.evidence.records import Workload
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.aws import parse_role_arn
from analyzer.model.joining.chain import COPIES, Chain, brought_by_release
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.credentials import (
    EMPTY_LENGTHS,
    KUBERNETES_TOKEN,
    Credentials,
    default_length,
    fitting,
    placeholder_in,
)
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.mounted_tokens import has_api_token, is_among, is_mounted
from analyzer.model.joining.objects import known
from analyzer.model.joining.resolve import can_be
from analyzer.model.joining.secret_length import LengthVerdict, brokered, judge_length, known_paths
from analyzer.model.symptoms.recorded_calls import last_sign_in
from analyzer.model.workloads.provider_account import is_told_of_all, named_role, provider_account
from analyzer.model.workloads.secret_age import changed_after_pods, last_written
from analyzer.model.workloads.stray_secrets import secrets_elsewhere

_NO_PATH = "of no token file (web_identity_token_file is missing)"

_ONE_RUN = timedelta(days=1)
"""How long before or after the others a Secret is made by what made them."""

_TEXT_FACTS = (
    "role_arn_missing",
    "role_arn",
    "placeholder",
    "profile_header",
    "profile_fault",
    "malformations",
    "arn_wellformed",
    "arn_partition",
    "arn_account",
    "arn_role_name",
    "arn_name_length",
    "token_path",
    "token_path_told",
    "token_path_mounted",
    "token_path_refusal",
    "regional",
    "foreign",
)
_PRESENT_FACTS = (
    "keys",
    "credentials_key",
    "static_keys",
    "readable",
    "length",
    "length_fits",
    "length_expected",
    "length_for",
    "length_instead",
    "length_alike",
    "peers_fit",
    "copy_differs",
    "changed_after_pods",
)


def secret_facts(chain: Chain, joined: Joined, foreign: Fact | Unknown) -> Facts:
    """Give the ``secret.*`` facts of a chain; ``foreign`` names the chain whose role its Secret names."""
    evidence, asks, verdict = joined.evidence, joined.asks, joined.lengths[chain.id]
    arn = named_role(chain)
    facts: Facts = {
        "secret.provider_account": provider_account(joined, arn.account if arn else None),
        "secret.account_told": known(is_told_of_all(chain, joined)),
        "secret.default_token_path": _default_token_path(chain, joined),
    }
    gathered = evidence.has_list("Secret", chain.namespace) and not chain.gated
    seen = chain.secret is not None or chain.secret_name in evidence.seen("Secret", chain.namespace)
    if not seen:
        absent: Fact | Unknown = asks.namespace(chain.namespace, "Secrets")
        if chain.gated:
            absent = asks.config(chain.gated)
        facts["secret.present"] = known(False) if gathered else absent
        facts["secret.elsewhere"] = secrets_elsewhere(chain, joined) if gathered else absent
        blank: Fact | Unknown = known(None) if gathered else absent
        return facts | {f"secret.{name}": blank for name in (*_TEXT_FACTS, *_PRESENT_FACTS)}
    if chain.secret is None:
        unread: Fact | Unknown = asks.namespace(chain.namespace, "Secrets")
        facts |= {f"secret.{name}": unread for name in (*_TEXT_FACTS, *_PRESENT_FACTS)}
        return facts | {"secret.present": known(True), "secret.elsewhere": known([])}
    where = chain.secret.where
    keys = list(chain.secret.values)
    readable = chain.credentials is not None
    data = chain.secret.at("credentials")
    facts |= {
        "secret.present": known(True, where),
        "secret.elsewhere": known([]),
        "secret.keys": known(keys, chain.secret.at()),
        "secret.credentials_key": known(chain.has_credentials, chain.secret.at()),
        "secret.static_keys": (
            asks.secret_value(chain.namespace, chain.secret_name)
            if chain.static_keys is None
            else known(chain.static_keys, chain.secret.at())
        ),
        "secret.readable": known(readable, where),
        "secret.length": known(chain.length, data),
        "secret.peers_fit": known(_peers_fit(chain, joined), derived=True),
        "secret.length_alike": known(not (verdict.fits and _is_odd(chain, joined)), derived=True),
        "secret.copy_differs": _copy_differs(chain, joined),
        "secret.changed_after_pods": changed_after_pods(chain, joined),
    }
    unreadable = asks.secret_value(chain.namespace, chain.secret_name)
    # where the role is known to be gone, no export of roles tells what the Secret was made for
    role = unreadable if joined.choices[chain.id].exists is False else asks.roles()
    facts |= _length_facts(verdict, data, asks, role)
    facts |= _text_facts(chain, verdict, unreadable, foreign, data)
    return facts | _handed_on(chain, joined)


def _length_for(verdict: LengthVerdict, role: Unknown) -> Fact | Unknown:
    """Say what the length was compared with."""
    if verdict.peers:
        phrase = f"a role named as those of {len(verdict.peers)} other Secrets are"
        return known(phrase, *verdict.peers, derived=True)
    if verdict.role_arn is not None:
        return known(f"role {verdict.role_arn}", derived=True)
    return role


def _instead(verdict: LengthVerdict) -> str:
    if verdict.fits:
        return f"the role that was found for it, {verdict.role_arn}"
    return verdict.instead or "nothing that was exported"


def _length_facts(verdict: LengthVerdict, data: Where | None, asks: Asks, role: Unknown) -> Facts:
    expected = known(verdict.expected, derived=True)
    if verdict.fits is None and verdict.expected:
        fits: Fact | Unknown = asks.config("infrastructures.config.openshift.io")
    elif verdict.fits is None:
        fits = role
    else:
        fits = known(verdict.fits, data, derived=True)
    return {
        "secret.length_fits": fits,
        "secret.length_expected": expected,
        "secret.length_for": _length_for(verdict, role),
        "secret.length_instead": known(_instead(verdict), derived=True),
    }


def _text_facts(
    chain: Chain, verdict: LengthVerdict, unreadable: Unknown, foreign: Fact | Unknown, data: Where | None
) -> Facts:
    credentials = chain.credentials
    if credentials is None:
        facts: Facts = {f"secret.{name}": unreadable for name in _TEXT_FACTS}
        if chain.length in EMPTY_LENGTHS:
            facts["secret.role_arn_missing"] = known(True, data, derived=True)
        mounted = is_mounted(verdict.token_path, chain.workloads)
        # a length that fits shows no more of a path than that it is none of the others
        if verdict.token_path is not None and chain.workloads and (brokered(chain) or not mounted):
            facts["secret.token_path"] = known(verdict.token_path, data, derived=True)
            facts["secret.token_path_told"] = _path_told(verdict.token_path)
            facts["secret.token_path_mounted"] = known(mounted, data, derived=True)
            facts["secret.token_path_refusal"] = _path_refusal(verdict.token_path, chain.workloads)
        if verdict.template_regional is not None:
            facts["secret.regional"] = known(verdict.template_regional, data, derived=True)
        if chain.hosted_role is not None and verdict.fits is not False:
            facts |= _written_from(*chain.hosted_role) | {"secret.foreign": foreign}
        return facts
    return _read_facts(chain, credentials, chain.credentials_where) | {"secret.foreign": foreign}


def _path_told(path: str | None) -> Fact:
    return known(f"to read the token at {path}" if path else _NO_PATH, derived=True)


def _path_refusal(path: str | None, workloads: Sequence[Workload]) -> Fact:
    """Give what the SDK says, or STS where a file is there, if the token path is none of a token for AWS."""
    words = f"WebIdentityErr: failed fetching WebIdentity token: unable to read file at {path}"
    if path is None:
        words = "WebIdentityErr: token file path is not set"
    elif is_among(path, [KUBERNETES_TOKEN]) and any(map(has_api_token, workloads)):
        words = "InvalidIdentityToken: Incorrect token audience"
    return known(words, derived=True)


def _read_facts(chain: Chain, credentials: Credentials, cite: Where | None) -> Facts:
    arn = parse_role_arn(credentials.role_arn or "")
    role, token = (_line(cite, name) for name in ("role_arn", "web_identity_token_file"))
    mounted: Fact | Unknown
    if not chain.workloads:
        mounted = Unknown()
    else:
        mounted = known(
            is_mounted(credentials.token_path, chain.workloads), *(w.where for w in chain.workloads)
        )
    return {
        "secret.role_arn_missing": known(credentials.role_arn is None, cite),
        "secret.role_arn": known(credentials.role_arn, role),
        "secret.placeholder": known(credentials.placeholder, cite),
        "secret.profile_header": known(credentials.profile, cite),
        "secret.profile_fault": known(_profile_fault(credentials), cite),
        # the placeholder says it already
        "secret.malformations": known(
            [] if credentials.placeholder else list(credentials.malformations), cite
        ),
        "secret.arn_wellformed": known(arn is not None, role),
        "secret.arn_partition": known(arn.partition if arn else None, role),
        "secret.arn_account": known(arn.account if arn else None, role),
        "secret.arn_role_name": known(arn.name if arn else None, role),
        "secret.arn_name_length": known(len(arn.name) if arn else None, role),
        "secret.token_path": known(credentials.token_path, token),
        "secret.token_path_told": _path_told(credentials.token_path),
        "secret.token_path_mounted": mounted,
        "secret.token_path_refusal": _path_refusal(credentials.token_path, chain.workloads),
        "secret.regional": known(credentials.regional, cite),
    }


def _profile_fault(credentials: Credentials) -> str | None:
    if credentials.profile:
        return None
    if credentials.named_profile:
        return (
            "names its section [profile default] and not [default]: SDKs take that for the same "
            "in a config file, and not in a credentials file"
        )
    return "has no [default] section, so the SDK ignores its settings"


def _handed_on(chain: Chain, joined: Joined) -> Facts:
    """Say what an elided Secret names where the request names what no role can have as its ARN.

    The credential operator copies that without a look. Of an ARN that may be a role's nothing is said: the
    Secret may be older than the request, with another role's of that length. Blanks around it, which come
    with a paste, are passed over by what reads the Secret.
    """
    named = chain.in_cluster.sts_role_arn if chain.in_cluster is not None else None
    if chain.in_cluster is None or not named or is_masked(named) or can_be(named.strip(), joined.view):
        return {}
    if chain.credentials is not None or not judge_length(chain, named, {}, joined.view.region).fits:
        return {}
    return _written_from(named, chain.in_cluster.where.at("spec", "providerSpec", "stsIAMRoleARN"))


def _written_from(role_arn: str, cite: Where) -> Facts:
    """Say what a Secret names that is written from a role's ARN, of rolesRef or of its request."""
    arn = parse_role_arn(role_arn)
    value = {
        "role_arn": role_arn,
        "role_arn_missing": not role_arn,
        "placeholder": placeholder_in(f"role_arn = {role_arn}"),
        "arn_wellformed": arn is not None,
        "arn_partition": arn.partition if arn else None,
        "arn_account": arn.account if arn else None,
        "arn_role_name": arn.name if arn else None,
        "arn_name_length": len(arn.name) if arn else None,
    }
    return {f"secret.{name}": known(one, cite, derived=True) for name, one in value.items()}


def _line(cite: Where | None, setting: str) -> Where | Quote | None:
    return cite.line_of(setting) if cite else None


def _peers_fit(chain: Chain, joined: Joined) -> bool:
    """Tell whether the other Secrets fit: the roles that were exported, or each other, to the byte.

    The roles of a release's requests come out of one run with one name. Another request's may have its
    own, and so may that of a Secret which was made at another time, as for a request that an upgrade brought.
    A role that was named and not exported may be another than the one that works.
    """
    lengths = joined.lengths
    if lengths[chain.id].peers:
        return _is_odd(chain, joined)
    exported = {chain_id for chain_id, choice in joined.choices.items() if choice.role is not None}
    if chain.id not in exported:
        return False
    others = [lengths[chain_id].fits for chain_id in exported & lengths.keys() - {chain.id}]
    return others.count(True) > others.count(False)


def _is_odd(chain: Chain, joined: Joined) -> bool:
    """Tell whether the Secret should be of the same run as the others, and its length is not."""
    odd = joined.lengths[chain.id].peers_certain
    one_run = brought_by_release(chain) and not _made_apart(chain, joined.chains)
    return odd and one_run and not _fits_sign_in(chain, joined)


def _fits_sign_in(chain: Chain, joined: Joined) -> bool:
    """Tell whether the Secret has the length for a role with which AWS let one of its users sign in."""
    last = last_sign_in(chain, joined.evidence)
    if last is None or not last.role_arn or chain.length is None:
        return False
    return bool(fitting(chain.length, len(last.role_arn), known_paths(chain), joined.view.region))


def _made_apart(chain: Chain, chains: Sequence[Chain]) -> bool:
    """Tell whether a Secret was made in another run than most others: for an upgrade, or by an older one.

    Where the others were not made together, their times tell of no run.
    """
    made = sorted(c.secret.created for c in chains if c.id != chain.id and c.secret and c.secret.created)
    own = chain.secret.created if chain.secret else None
    if not made or own is None:
        return False
    run = made[len(made) // 2]
    together = [time for time in made if abs(time - run) <= _ONE_RUN]
    return 2 * len(together) > len(made) and abs(own - run) > _ONE_RUN


def _copy_differs(chain: Chain, joined: Joined) -> Fact | Unknown:
    """Compare the registry's own copy of its Secret, which its operator writes and may leave stale.

    It is no copy where users give the registry keys of their own, as for a bucket of another store.
    """
    copied = next((copy for copy, original in COPIES.items() if original == chain.secret_name), None)
    if copied is None or chain.secret is None or chain.length is None:
        return known(None)
    if f"{copied}-user" in joined.evidence.seen("Secret", chain.namespace):
        return known(None)
    obj = joined.objects.one("Secret", copied, chain.namespace)
    copy = kubernetes.secret(obj) if obj else None
    value = copy.values.get("credentials") if copy else None
    if obj is None or copy is None or value is None:
        return known(None)
    if value.length is None:
        return joined.asks.secret_value(chain.namespace, copied)
    if value.length != chain.length:
        phrase = f"{obj.name} has {value.length} bytes, {chain.secret_name} {chain.length}"
        return known(phrase, obj.where.at("data", "credentials"))
    written, since = last_written(copy), last_written(chain.secret)
    if written is None or since is None:
        return joined.asks.namespace(chain.namespace, "Secrets")
    if written >= since:
        return known(None)
    phrase = (
        f"{obj.name} was last written {written:%Y-%m-%d %H:%M}Z, {chain.secret_name} {since:%Y-%m-%d %H:%M}Z"
    )
    return known(phrase, obj.where.at("metadata", "creationTimestamp"))


def _default_token_path(chain: Chain, joined: Joined) -> Fact | Unknown:
    """Tell whether the Secret names the path of the API server's own token; by its length where elided."""
    evidence, asks = joined.evidence, joined.asks
    if chain.credentials is not None:
        path = chain.credentials.token_path
        return known(path == KUBERNETES_TOKEN, _line(chain.credentials_where, "web_identity_token_file"))
    arn = chain.request.sts_role_arn if chain.request else None
    if not arn:
        return known(False)
    if chain.secret is None:
        absent = evidence.has_list("Secret", chain.namespace)
        absent = absent and chain.secret_name not in evidence.seen("Secret", chain.namespace)
        return known(False) if absent else asks.namespace(chain.namespace, "Secrets")
    where = chain.secret.at("credentials")
    if chain.length is None:
        return asks.secret_value(chain.namespace, chain.secret_name)
    return known(chain.length - default_length(len(arn)) in (0, 1), where, derived=True)
