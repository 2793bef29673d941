"""What the policies of a role grant of what its request asks for."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.facts import Cite, Fact, Unknown
from analyzer.frozen import replace
from analyzer.iam.coverage import ActionVerdict
from analyzer.iam.entries import Entry
from analyzer.iam.layers import Layers
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import ClusterView, Facts
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known
from analyzer.model.joining.roles import Role
from analyzer.model.role.denied_calls import Denials, quotes_of
from analyzer.model.role.organization_policies import everything
from analyzer.model.role.overruled import overrule, under_boundary
from analyzer.model.role.permission_causes import (
    features_of,
    grouped,
    hints,
    in_other_versions,
    overwritten_by,
    serves_little,
)
from analyzer.model.role.permission_excess import excess_facts
from analyzer.model.role.permission_judged import Judged
from analyzer.model.role.permission_limits import boundary_facts, denied_facts, narrow_facts
from analyzer.model.role.permission_scope import Setting, judge, setting_of
from analyzer.model.role.policies import maker_of, read_policies
from analyzer.model.role.shared_zone import shared_vpc_problem, zone_lacks
from analyzer.model.role.simulated import Simulated


def granted_facts(
    chain: Chain,
    role: Role,
    entries: tuple[Entry, ...],
    joined: Joined,
    said: Denials,
    simulated: Simulated,
    sharing: Sequence[str],
) -> Facts:
    """Give the facts of a role that was handed in, by their names without ``permissions.``."""
    judged = _judged(chain, role, entries, joined, said, simulated)
    moved = _moved_away(judged)
    maker = None
    if not moved:
        maker = overwritten_by(chain, judged.rows, joined.chains, judged.held.identity, judged.setting)
    place: list[Cite] = [where for _, where in judged.held.places]
    other: Fact | Unknown = known(maker.id if maker else None, *place)
    if maker is None and serves_little(judged.rows) and not joined.all_requests and not moved:
        other = joined.asks.requests()
    return _facts(judged, other, joined.view, [c for c in joined.chains if c.id in sharing])


def _judged(
    chain: Chain, role: Role, entries: tuple[Entry, ...], joined: Joined, said: Denials, simulated: Simulated
) -> Judged:
    """Hold what a request asks for against what its role's policies grant, and AWS's own verdicts."""
    held = read_policies(role, joined.book, joined.asks)
    setting = setting_of(chain, role, joined.view, joined.objects)
    rows, differing = overrule(judge(entries, held.identity, setting), simulated, held.identity)
    limited = _under_boundary(entries, rows, held.layers, setting) if held.boundary is not None else rows
    return Judged(
        chain=chain,
        role=role,
        held=held,
        maker=maker_of(role, chain, joined.view.issuer or "", hosted=joined.view.hosted),
        entries=entries,
        rows=rows,
        limited=under_boundary(limited, rows, simulated),
        setting=setting,
        features=features_of(chain, setting, joined.objects),
        denials=said,
        book=joined.book,
        asks=joined.asks,
        simulated=simulated,
        differing=tuple(differing),
    )


def _under_boundary(
    entries: tuple[Entry, ...], rows: Sequence[ActionVerdict], layers: Layers, setting: Setting
) -> list[ActionVerdict]:
    """Judge a role under its boundary, which cuts what a Deny in the role's own policies takes too.

    That is found once the Deny is gone, and a fault of its own.
    """
    limited = judge(entries, layers, setting)
    denied = [row.action for row in rows if row.denial == "explicit"]
    if not denied:
        return limited
    alone = judge(entries, replace(layers, identity=(everything(),)), setting)
    cut = {row.action: row for row in alone if row.denial == "boundary" and row.action in denied}
    return [cut.get(row.action, row) for row in limited]


def _facts(judged: Judged, other: Fact | Unknown, view: ClusterView, sharing: Sequence[Chain]) -> Facts:
    held, role = judged.held, judged.role
    undecided = any(row.verdict == "unknown" for row in judged.rows)
    place: list[Cite] = [where for _, where in held.places]
    assumes = dict.fromkeys(one for row in judged.rows for one in row.assumes)
    facts: Facts = {
        "maker": known(judged.maker, role.where, derived=True),
        "policies": known(held.names, *(place or (role.where,))),
        "assumes": known(["no service control policy", "no resource control policy", "no VPC endpoint policy",
                          *assumes], derived=True),
        "simulated": known(list(judged.differing), *(r.where for r in judged.simulated.results[:3])),
        "overwritten_by": judged.missing if undecided else other,
    }  # fmt: skip
    facts |= _missing(judged, zone_taken=zone_lacks(judged))
    facts |= denied_facts(judged)
    facts |= boundary_facts(judged)
    facts |= narrow_facts(judged, view)
    facts["shared_vpc_problem"] = shared_vpc_problem(judged)
    return facts | excess_facts(judged, sharing)


def _missing(judged: Judged, *, zone_taken: bool) -> Facts:
    """Sort the actions that no policy of the role allows by how sure it is that they are needed."""
    lacking = [row for row in judged.rows if row.verdict == "denied" and row.denial == "implicit"]
    lacking += judged.under_deny()
    denied = [row for row in lacking if not (zone_taken and row.action.lower() == "sts:assumerole")]
    plain = [row for row in denied if judged.features.needs(row.action)]
    moved = in_other_versions(plain, judged.held.versions, judged.entries, judged.setting)
    lists: dict[str, list[str]] = {name: [] for name in ("logged", "required", "likely", "optional")}
    for row in denied:
        if row.action not in moved:
            lists[_grade(row, judged)].append(row.action)
    found = {name: sorted(set(actions)) for name, actions in lists.items()}
    quotes = [q for action in found["logged"] for q in quotes_of(judged.denials.of_identity(action), 2)]
    keys, by = judged.features.key_place, judged.features.customer_key
    cites = [
        *judged.asked(denied),
        *judged.told(denied),
        keys if any(a.startswith("kms:") for a in found["required"]) else None,
    ]
    remarks = hints(judged.held.places, [action for actions in found.values() for action in actions])
    facts: Facts = {
        # what is not lacking is proven by no place: a place would pass for the proof of what is
        f"missing_{name}": judged.listed(actions, *(quotes if name == "logged" else ()), *cites)
        if actions
        else judged.listed(actions)
        for name, actions in found.items()
    }
    facts["missing_finer"] = known(not any(found.values()) and (bool(lacking) or judged.denied_by_finer()))
    facts["missing_summary"] = known(
        _summary(found, [lint.text for lint, _ in remarks], by, judged.differing)
    )
    facts["missing_first"] = known(next(iter(found["logged"] + found["required"]), None))
    versions = [row for row in denied if row.action in moved]
    told = {
        action: f"(in {v.version} of policy {v.policy}, whose default is {v.default or 'another version'})"
        for action, v in moved.items()
    }
    facts["other_version"] = judged.listed(grouped(versions, told), *(v.where for v in moved.values()))
    logged = [row.action for row in versions if judged.denials.of_identity(row.action)]
    facts["other_version_logged"] = judged.listed(sorted(set(logged)))
    facts["other_version_first"] = known(next(iter(sorted(set(logged)) or sorted(moved)), None))
    first = next(iter(moved.values()), None)
    facts["other_version_policy"] = known(first.arn if first else None)
    facts["other_version_id"] = known(first.version if first else None)
    return facts


def _moved_away(judged: Judged) -> bool:
    """Tell whether all that is missing stands in other versions of the role's own policies."""
    denied = [row for row in judged.rows if row.verdict == "denied" and judged.features.needs(row.action)]
    moved = in_other_versions(denied, judged.held.versions, judged.entries, judged.setting)
    return bool(denied) and all(row.action in moved for row in denied)


def _grade(row: ActionVerdict, judged: Judged) -> str:
    action = row.action.lower()
    if judged.denials.of_identity(action):
        return "logged"
    if row.in_vain or not judged.features.needs(action) or judged.maker in ("ROSA", "hosted"):
        return "optional"
    return "required" if judged.maker == "ccoctl" else "likely"


def _summary(
    found: dict[str, list[str]], remarks: Sequence[str], by: str | None, differing: Sequence[str]
) -> str | None:
    parts = (
        ("logged", "Not allowed, and denied in the logs: {}"),
        ("required", "Not allowed: {}"),
        ("likely", "Not allowed: {}"),
        ("optional", "Not allowed, and nothing shows that it is needed here: {}"),
    )
    told = [text.format(", ".join(found[name])) for name, text in parts if found[name]]
    needed = [action for name in ("logged", "required", "likely") for action in found[name]]
    if by and any(action.startswith("kms:") for action in needed):
        told.append(f"The kms actions are needed: {by} encrypts volumes with a customer key")
    told += [f"What stands there and does not count: {'; '.join(remarks)}"] if remarks else []
    if told and differing:
        told.append(
            f"AWS's own verdict counts where it differs from the exported policies: {'; '.join(differing)}"
        )
    return ". ".join(told) or None
