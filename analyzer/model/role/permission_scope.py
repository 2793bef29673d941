"""What a request asks for, judged in the place where the cluster runs.

Requests ask for ``*``. A role that is narrowed to the cluster's own partition, Region, account,
bucket, zones or service-linked roles grants all that is used, so that is no finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from analyzer.evidence.values import dig, mapping, text
from analyzer.frozen import frozen, replace
from analyzer.iam.context import ABSENT, UNKNOWN, Context, clock_keys
from analyzer.iam.coverage import ActionVerdict, Scope, cover
from analyzer.iam.entries import Entry
from analyzer.iam.layers import Layers
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import ClusterView, value_of
from analyzer.model.joining.objects import Objects
from analyzer.model.joining.roles import Role
from analyzer.model.role.asked import INGRESS, REGISTRY, private_zone_role, registry_store

# Images and snapshots have ARNs without an account; these EC2 actions are about them too.
_ON_IMAGES = frozenset(
    {
        "ec2:runinstances",
        "ec2:createvolume",
        "ec2:createsnapshot",
        "ec2:createsnapshots",
        "ec2:deletesnapshot",
        "ec2:createtags",
        "ec2:deletetags",
        "ec2:enablefastsnapshotrestores",
        "ec2:locksnapshot",
        "ec2:copyvolumes",
    }
)
_ON_OBJECTS = frozenset(
    {
        "s3:getobject",
        "s3:putobject",
        "s3:deleteobject",
        "s3:abortmultipartupload",
        "s3:listmultipartuploadparts",
    }
)
# Volumes are encrypted by EC2, which then calls KMS in the name of the role.
_BY_A_SERVICE = frozenset({"kms"})
# The tagging service is asked in other Regions too: hosted zones are in us-east-1.
_ANY_REGION = frozenset({"tag"})


@frozen
class Setting:
    """Where a chain works: what its calls name, as far as the cluster says."""

    scope: Scope
    context: Context
    infra_name: str | None = None
    bucket: str | None = None
    bucket_region: str | None = None
    unread: tuple[str, ...] = ()
    """Objects that would say where it works and were not gathered: what is narrowed may yet suffice."""
    zones: tuple[str, ...] = ()
    private_zone_role: str | None = None

    def resources(self, action: str) -> tuple[str, ...]:
        """Give the resources that an action is about here; none where nothing is known of it."""
        service = action.partition(":")[0]
        partition, region, account = (part or "*" for part in _parts(self.scope))
        start = f"arn:{partition}:{service}"
        if service == "ec2":
            public = (f"{start}:{region}::*",) if action in _ON_IMAGES else ()
            return (f"{start}:{region}:{account}:*", *public)
        if service in ("elasticloadbalancing", "elasticfilesystem", "kms"):
            return (f"{start}:{region}:{account}:*",)
        if service == "s3":
            inside = "/*" if action in _ON_OBJECTS else ""
            return (f"{start}:::{self.bucket}{inside}",) if self.bucket else (f"{start}:::*",)
        if action == "route53:changeresourcerecordsets" and self.zones:
            return tuple(f"{start}:::hostedzone/{zone}" for zone in self.zones)
        if service == "route53":
            return (f"{start}:::*",)
        if action == "iam:createservicelinkedrole":
            return (f"{start}::{account}:role/aws-service-role/*",)
        if action == "iam:passrole" and self.infra_name:
            return tuple(f"{start}::{account}:role/{self.infra_name}-{kind}-role" for kind in _NODES)
        if action == "sts:assumerole" and self.private_zone_role:
            return (self.private_zone_role,)
        return (f"{start}::{account}:*",) if service == "iam" else ()


_NODES = ("master", "worker")
_LONGEST_SESSION = timedelta(hours=12)
_FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)


def _parts(scope: Scope) -> tuple[str | None, str | None, str | None]:
    return scope.partition, scope.region, scope.account


def setting_of(chain: Chain, role: Role, view: ClusterView, objects: Objects) -> Setting:
    """Read where a chain works."""
    account = role.account
    keys: dict[str, object] = {
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
        # A session of a role has no user's name (IAM User Guide, "Principal key values").
        "aws:username": ABSENT,
        "aws:PrincipalType": "AssumedRole",
    }
    if account:
        keys["aws:PrincipalAccount"] = account
    if role.arn:
        keys["aws:PrincipalArn"] = role.arn
    keys |= {f"aws:PrincipalTag/{key}": value for key, value in role.tags.items()}
    infra = value_of(view.facts, "cluster.infra_name")
    bucket, bucket_region = registry_store(objects) if chain.namespace == REGISTRY else (None, None)
    return Setting(
        unread=tuple(_unread(chain, view, objects)),
        scope=Scope(view.partition if view.partition_known else None, view.region or None, account),
        context=Context.of(keys, default=UNKNOWN, since=_clock(view.now)),
        infra_name=infra if isinstance(infra, str) else None,
        bucket=bucket,
        bucket_region=bucket_region,
        zones=_zones(objects) if chain.namespace == INGRESS else (),
        private_zone_role=private_zone_role(objects) if chain.namespace == INGRESS else None,
    )


def _clock(now: datetime | None) -> dict[str, str]:
    """Give the condition keys that hold a time, each with one that it is not before.

    A role's session, whatever its MaxSessionDuration, lasts 12 hours at most.
    """
    if now is None:
        return {}
    since = max(now, _FIRST_MOMENT + _LONGEST_SESSION) - _LONGEST_SESSION
    return clock_keys(now) | {"aws:tokenissuetime": str(int(since.timestamp()))}


def _unread(chain: Chain, view: ClusterView, objects: Objects) -> Iterator[str]:
    """Name the objects that a condition or a resource of the policies may depend on."""
    if not view.region or not value_of(view.facts, "cluster.infra_name"):
        yield "infrastructures.config.openshift.io"
    if chain.namespace == REGISTRY and registry_store(objects)[0] is None:
        yield "configs.imageregistry.operator.openshift.io"
    if chain.namespace == INGRESS and objects.one("DNS", "cluster", group="config.openshift.io") is None:
        yield "dnses.config.openshift.io"


def _zones(objects: Objects) -> tuple[str, ...]:
    """Give the ids of the zones that DNS names; none where one of them is named by its tags only."""
    dns = objects.one("DNS", "cluster", group="config.openshift.io")
    if dns is None:
        return ()
    found = [mapping(dig(dns.value, "spec", name)) for name in ("publicZone", "privateZone")]
    if private_zone_role(objects):
        found = found[:1]
    ids = [text(zone.get("id")) or "" for zone in found if zone]
    return tuple(one.rsplit("/", 1)[-1] for one in ids) if ids and all(ids) else ()


def judge(entries: Iterable[Entry], layers: Layers, setting: Setting) -> list[ActionVerdict]:
    """Judge every action of the entries; one narrowed to what is used here counts as granted."""
    rows: list[ActionVerdict] = []
    for entry in entries:
        for actions, context in _by_caller(entry.actions, setting):
            part = replace(entry, actions=actions)
            found = cover([part], layers, context=context, scope=setting.scope).actions
            # a pattern that fits no known action asks for nothing that could be compared
            found = tuple(row for row in found if row.known or row.verdict != "unknown")
            settled = [_settled(row, part, layers, setting, context) for row in found]
            rows += [_open(row) if setting.unread else row for row in settled]
    return rows


def _open(row: ActionVerdict) -> ActionVerdict:
    """What is narrowed may be all that is used here, where it is not known where that is."""
    return replace(row, verdict="unknown") if row.verdict in ("partial", "conditional") else row


def _by_caller(actions: Sequence[str], setting: Setting) -> Iterable[tuple[tuple[str, ...], Context]]:
    """Split actions by who calls: the workload itself, or a service in its name."""
    for ours, context in (
        (False, setting.context.adding({"aws:ViaAWSService": None})),
        (True, setting.context),
    ):
        chosen = tuple(a for a in actions if (a.partition(":")[0].lower() not in _BY_A_SERVICE) is ours)
        if chosen:
            yield from _by_region(chosen, setting, context)


def _by_region(
    actions: Sequence[str], setting: Setting, context: Context
) -> Iterable[tuple[tuple[str, ...], Context]]:
    """Split actions by whether the Region of their calls is known."""
    region = setting.scope.region
    elsewhere = set(_ANY_REGION) | ({"s3"} if setting.bucket_region not in (None, region) else set())
    local = tuple(a for a in actions if region and ":" in a and a.partition(":")[0].lower() not in elsewhere)
    if local:
        yield local, context.adding({"aws:RequestedRegion": region})
    if rest := tuple(a for a in actions if a not in local):
        yield rest, context


def _settled(
    row: ActionVerdict, entry: Entry, layers: Layers, setting: Setting, context: Context
) -> ActionVerdict:
    if row.verdict not in ("partial", "conditional") or row.resource != "*":
        return row
    asked = setting.resources(row.action.lower())
    again = [
        one
        for resource in asked
        for one in cover(
            [replace(entry, actions=(row.action,), resource=resource)],
            layers,
            context=context,
            scope=setting.scope,
        ).actions
    ]
    if not again or any(one.verdict not in ("granted", "conditional") for one in again):
        return row
    worst = next((one for one in again if one.verdict == "conditional"), again[0])
    return replace(worst, asked=row.asked, resource=row.resource)
