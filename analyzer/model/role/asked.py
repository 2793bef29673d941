"""What a request asks for, and which of the account's things the cluster's configuration names for it."""

from __future__ import annotations

from analyzer.evidence.records import CredentialsRequest
from analyzer.evidence.values import dig, mapping, text
from analyzer.iam.entries import Entry, read_entries
from analyzer.model.joining.objects import Objects

REGISTRY = "openshift-image-registry"
INGRESS = "openshift-ingress-operator"


def entries_of(request: CredentialsRequest) -> tuple[Entry, ...] | None:
    """Read what a request asks for; None where it is not readable as such."""
    try:
        return read_entries(
            {
                "effect": e.effect,
                "action": list(e.actions),
                "resource": e.resource or "*",
                "policyCondition": e.condition,
            }
            for e in request.entries
        )
    except ValueError:
        return None


def registry_store(objects: Objects) -> tuple[str | None, str | None]:
    """Give bucket and Region of the image registry, as far as its configuration names them."""
    config = objects.one("Config", "cluster", group="imageregistry.operator.openshift.io")
    store = mapping(dig(config.value, "spec", "storage", "s3")) if config else {}
    return text(store.get("bucket")) or None, text(store.get("region")) or None


def private_zone_role(objects: Objects) -> str | None:
    """Give the role for a private zone in another account that DNS names; None where it names none."""
    dns = objects.one("DNS", "cluster", group="config.openshift.io")
    return text(dig(dns.value, "spec", "platform", "aws", "privateZoneIAMRole")) or None if dns else None
