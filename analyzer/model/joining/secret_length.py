"""What the byte length of an elided Secret says about the role that it was made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.evidence.origin import Where
from analyzer.frozen import frozen
from analyzer.model.joining.aws import ROLE_NAME_LIMIT, parse_role_arn
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.credentials import (
    CCOCTL,
    KUBERNETES_TOKEN,
    OPENSHIFT_TOKEN,
    Fit,
    default_length,
    expected_lengths,
    fits_with_returns,
    fitting,
    surplus,
)
from analyzer.model.joining.mounted_tokens import token_paths
from analyzer.model.joining.name_lengths import agreement

_PARTITIONS = ("aws", "aws-us-gov", "aws-cn")
_NAMED = 3
"""How many roles of one length are named: their names are often as long as each other."""


@frozen
class LengthVerdict:
    """What the byte length says about the role that the Secret was made for."""

    fits: bool | None
    expected: list[int]
    role_arn: str | None = None
    """The role that it was compared with."""
    instead: str | None = None
    """What the length fits if not that, as a phrase: other roles, or another token path."""
    template_regional: bool | None = None
    token_path: str | None = None
    """The only token path with which the length fits."""
    peers: tuple[Where, ...] = ()
    """Other Secrets, which tell what the role's name is expected to be like, where this one's is not."""
    peers_certain: bool = False
    """Whether one name explains all of these, without a path of the roles."""


def judge_length(
    chain: Chain, role_arn: str | None, all_arns: Mapping[str, str], region: str
) -> LengthVerdict:
    """Compare the elided length with what the ARN of the chain's role leads to.

    The credential operator's own default path counts only where it makes the Secret itself, for a request
    that names a role and no path, and as it writes it: with another template the length is another role's.
    ``all_arns`` maps the ARNs of other chains' roles to their chain id.
    """
    if role_arn is None or chain.length is None:
        return LengthVerdict(None, [])
    paths = known_paths(chain)
    fits = fitting(chain.length, len(role_arn), paths, region)
    expected = expected_lengths(len(role_arn), paths, region)
    if _may_default(chain) and KUBERNETES_TOKEN not in paths:
        default = default_length(len(role_arn))
        fits += [Fit(CCOCTL, KUBERNETES_TOKEN)] if chain.length - default in (0, 1) else []
        expected = sorted({*expected, default})
    if fits:
        regional, fitted = {fit.template.regional for fit in fits}, {fit.token_path for fit in fits}
        return LengthVerdict(
            True,
            expected,
            role_arn,
            None,
            regional.pop() if len(regional) == 1 else None,
            fitted.pop() if len(fitted) == 1 else None,
        )
    if not region:  # a template names it
        return LengthVerdict(None, expected, role_arn)
    others = [arn for arn, owner in all_arns.items() if owner != chain.id]
    returns = fits_with_returns(chain.length, len(role_arn), paths, region)
    windows = "the same role in a file with line ends of Windows" if returns else None
    same = _same_role(chain, chain.length, role_arn)
    other = (_misplaced(chain.length, role_arn, region), _closest(chain.length, others, region))
    instead = ", or ".join(one for one in (windows, *((same,) if same else other)) if one)
    return LengthVerdict(False, expected, role_arn, instead or None)


def _same_role(chain: Chain, length: int, arn: str) -> str | None:
    """Say with what change of the right value the length fits ccoctl's template, to the byte."""
    if length == default_length(len(arn)):
        return f"the same role with the token path {KUBERNETES_TOKEN}"
    whole = _uncut(arn, f"-{chain.namespace}-{chain.secret_name}")
    if whole and length == CCOCTL.length(len(whole), OPENSHIFT_TOKEN, ""):
        return f"the name of that role before ccoctl cut it to {ROLE_NAME_LIMIT} characters, {whole}"
    return None


def _misplaced(length: int, arn: str, region: str) -> str | None:
    """Say with which part of the right ARN left out or exchanged the length fits a template, to the byte."""
    role = parse_role_arn(arn)
    if role is None:
        return None
    wrong = {
        f"the ARN of that role without its path {role.path}": arn.replace(f":role{role.path}", ":role/", 1)
    }
    for partition in _PARTITIONS:
        wrong[f"the ARN of that role in the partition {partition}"] = arn.replace(
            f"arn:{role.partition}:", f"arn:{partition}:", 1
        )
    fits = (
        phrase
        for phrase, other in wrong.items()
        if other != arn and surplus(length, len(other), [OPENSHIFT_TOKEN], region) == 0
    )
    return next(fits, None)


def _uncut(arn: str, ending: str) -> str | None:
    """Give an ARN with the name that a role's was cut from; None where it was not."""
    if len(arn.rpartition("/")[2]) != ROLE_NAME_LIMIT:
        return None
    kept = next((n for n in range(len(ending) - 1, 0, -1) if arn.endswith(ending[:n])), 0)
    return arn + ending[kept:] if kept else None


def _closest(length: int, arns: Sequence[str], region: str) -> str | None:
    """Give the ARNs that the length fits best, as a phrase: one that fits to the byte before a variant."""
    over = {arn: surplus(length, len(arn), [OPENSHIFT_TOKEN], region) for arn in arns}
    least = min((n for n in over.values() if n is not None), default=None)
    best = [arn for arn, n in over.items() if n is not None and n == least]
    return f"role {' or '.join(best[:_NAMED])}" if best else None


def judge_together(chains: Sequence[Chain], region: str) -> dict[str, LengthVerdict]:
    """Compare the elided Secrets of the release's own chains with each other; gives those that are odd.

    Those chains have their roles from ccoctl or rosa; others have roles with names of their own.
    """
    elided = {
        c.id: c
        for c in chains
        if c.credentials is None and c.static_keys is False and c.request is not None and not brokered(c)
    }
    paths = {chain_id: known_paths(c) for chain_id, c in elided.items()}
    verdicts: dict[str, LengthVerdict] = {}
    agreed = agreement(list(elided.values()), paths, region)
    if agreed is None:
        return verdicts
    for chain_id, odd in agreed.odd().items():
        verdicts[chain_id] = LengthVerdict(
            False,
            odd.expected,
            peers=_places(elided, odd.agreeing),
            peers_certain=odd.by_name_alone,
        )
    for chain_id, having in agreed.without_regional_line().items():
        verdicts[chain_id] = LengthVerdict(None, [], template_regional=False, peers=_places(elided, having))
    return verdicts


def _places(chains: Mapping[str, Chain], ids: Sequence[str]) -> tuple[Where, ...]:
    secrets = (chains[one].secret for one in ids)
    return tuple(secret.at("credentials") for secret in secrets if secret)


def known_paths(chain: Chain) -> list[str]:
    """Give the token paths that any maker of this chain's Secret may name."""
    request = chain.request
    paths = [OPENSHIFT_TOKEN, *token_paths(chain.workloads)]
    if request is not None and request.token_path:
        paths.append(request.token_path)
    return list(dict.fromkeys(paths))


def _may_default(chain: Chain) -> bool:
    return brokered(chain) and not (chain.request and chain.request.token_path)


def brokered(chain: Chain) -> bool:
    """Tell whether the credential operator makes the Secret, from a role that the request names."""
    return chain.in_cluster is not None and chain.in_cluster.sts_role_arn is not None
