"""Facts about the role of a chain itself."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.origin import Source, Where
from analyzer.frozen import replace
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.objects import known
from analyzer.model.joining.role_choice import RoleChoice


def role_facts(choice: RoleChoice, shared: Sequence[str], requested: Fact | Unknown, asks: Asks) -> Facts:
    """Give the ``role.*`` facts of a chain; ``requested`` is the session's length that it asks for."""
    ask = asks.role(choice.name)
    derived = choice.how.startswith("predicted")
    role_where = choice.role.where if choice.role else None
    if isinstance(role_where, Where):
        role_where = role_where.at("Arn")
    return {
        "role.arn": known(choice.arn, choice.proof, role_where, derived=derived) if choice.arn else ask,
        "role.name": known(choice.name, role_where, derived=derived) if choice.name else ask,
        "role.account": known(choice.account, role_where, derived=derived) if choice.account else ask,
        "role.how": known(choice.how),
        "role.exists": ask if choice.exists is None else known(choice.exists, choice.proof or role_where),
        "role.shared_with": known(list(shared), derived=True),
        "role.max_session": _max_session(choice, role_where, asks),
        "role.requested_session": requested,
    }


def _max_session(choice: RoleChoice, where: Source | None, asks: Asks) -> Fact | Unknown:
    """The longest session of the role, which get-role tells, and neither its policies nor a list of all."""
    role = choice.role
    if role is None:
        return asks.role(choice.name)
    if role.max_session is None:
        return asks.role(role.name, f"no export tells the MaxSessionDuration of role {role.name}")
    return known(role.max_session, where)


def without_trust(choice: RoleChoice, first: str) -> RoleChoice:
    """Take the role out of a choice: it is another's, and nothing is judged before ``first`` is mended."""
    return replace(choice, role=None, exists=False, comes_first=first)
