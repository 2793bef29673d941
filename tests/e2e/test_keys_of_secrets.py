"""Which keys of a Secret are credentials: half a pair is none, and neither is a value of no bytes."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
import yaml

from samples import Cluster
from samples.cluster import Secret

from .runs import (
    MACHINES,
    REGISTRY,
    Bench,
    bundle,
    edited,
    everything,
    findings,
    named,
    said,
    states_of,
    the_chain,
    told,
)

PLACE = ("openshift-machine-api", "aws-cloud-credentials")
KEY_ID, KEY = {"aws_access_key_id": b"A" * 20}, {"aws_secret_access_key": b"s" * 40}
COPY = ("openshift-image-registry", "image-registry-private-configuration")


@pytest.mark.parametrize("data", [KEY_ID, KEY, {"credentials": b""}, KEY_ID | {"credentials": b""}])
def test_no_credentials(bench: Bench, data: dict[str, bytes]) -> None:
    """Operators read the credentials where they are not empty, else both keys, else they give up."""
    report = bench.report(bundle(edited(lambda c: c.set_credentials(*PLACE, data))))
    assert said(the_chain(report, MACHINES)) == ("fail", "secret", "secret-no-credentials-key"), told(report)
    assert named(report, "fail", "warn") == {"secret-no-credentials-key"}
    assert the_chain(report, MACHINES).mechanism != "static-keys"


@pytest.mark.parametrize("data", [KEY_ID | KEY, KEY_ID | KEY | {"credentials": b""}])
def test_a_pair_of_keys(bench: Bench, data: dict[str, bytes]) -> None:
    report = bench.report(bundle(edited(lambda c: c.set_credentials(*PLACE, data))))
    assert said(the_chain(report, MACHINES))[2] == "secret-static-keys", told(report)


def test_half_a_pair_beside_a_role_is_not_used(bench: Bench) -> None:
    def both(cluster: Cluster) -> None:
        cluster.set_credentials(*PLACE, cluster.secrets[PLACE].data | KEY_ID)

    report = bench.report(bundle(edited(both)))
    assert not findings(report, "fail", "warn"), told(report)


@pytest.mark.parametrize("keys", [KEY_ID | KEY, dict.fromkeys(KEY_ID | KEY, b"")], ids=["a pair", "empty"])
def test_a_pair_beside_a_role_is_not_used(bench: Bench, keys: dict[str, bytes]) -> None:
    """Left from before the Secret was converted: operators take the credentials first."""

    def both(cluster: Cluster) -> None:
        cluster.set_credentials(*PLACE, cluster.secrets[PLACE].data | keys)

    for secrets in ("full", "elided"):
        report = bench.report(bundle(edited(both), secrets=secrets))
        assert not named(report, "fail"), told(report)
        assert the_chain(report, MACHINES).mechanism != "static-keys"


def test_a_value_that_was_blanked_in_a_secret_handed_in_is_not_known(bench: Bench) -> None:
    manifest = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: aws-cloud-credentials\n"
        f"  namespace: openshift-machine-api\ndata:\n  credentials: '{base64.b64encode(b'').decode()}'\n"
    )
    report = bench.report(bundle(Cluster()) | {"secret.yaml": manifest.encode()})
    assert "secret-no-credentials-key" not in named(report), told(report)


def test_a_copy_that_is_older_than_its_original_warns(bench: Bench) -> None:
    def anew(cluster: Cluster) -> None:
        namespace, name = REGISTRY.split("/")
        cluster.secrets[namespace, name].created = cluster.gathered - timedelta(days=2)

    report = bench.report(everything(edited(anew)))
    assert "secret-stale-copy" in named(report, "warn"), told(report)
    assert not findings(report, "fail")
    (finding,) = [f for f in findings(report, "warn") if f.rule == "secret-stale-copy"]
    assert f"{COPY[1]} was last written" in finding.message
    assert states_of(bench.report(everything(Cluster())))[REGISTRY, "secret", "secret-stale-copy"] == "pass"


def test_keys_that_users_give_the_registry_are_no_stale_copy(bench: Bench) -> None:
    """Its operator writes them where the copy is: the registry's bucket may be of another store."""

    def own_keys(cluster: Cluster) -> None:
        keys = {"REGISTRY_STORAGE_S3_ACCESSKEY": b"A" * 20, "REGISTRY_STORAGE_S3_SECRETKEY": b"s" * 40}
        cluster.secrets[COPY[0], f"{COPY[1]}-user"] = Secret(keys, cluster.installed)
        cluster.secrets[COPY].data = {"credentials": b"c" * 115}

    report = bench.report(bundle(edited(own_keys)))
    assert not findings(report, "fail", "warn"), told(report)


@pytest.mark.parametrize(
    ("containers", "warned"), [("", False), ("machine-controller", False), ("machineset-controller", True)]
)
def test_a_container_that_was_restarted_since_has_read_the_secret(
    bench: Bench, containers: str, warned: bool
) -> None:
    """A restart keeps the pod and its start; of containers only those count that use the Secret."""
    cluster = edited(lambda c: setattr(c.secrets[PLACE], "created", c.gathered - timedelta(hours=20)))
    files = bundle(cluster)
    for path, content in files.items():
        if "/openshift-machine-api/" not in path or not path.endswith(".yaml") or "pods" not in path:
            continue
        value = yaml.load(content, yaml.CSafeLoader)
        for pod in value.get("items", [value]):
            for status in pod.get("status", {}).get("containerStatuses", ()):
                if containers in status["name"] and "running" in status["state"]:
                    since = cluster.gathered - timedelta(hours=3)
                    status["state"]["running"]["startedAt"] = f"{since:%Y-%m-%dT%H:%M:%SZ}"
        files[path] = yaml.dump(value, Dumper=yaml.CSafeDumper).encode()
    report = bench.report(files)
    assert ("secret-newer-than-pods" in named(report, "warn")) == warned, told(report)
