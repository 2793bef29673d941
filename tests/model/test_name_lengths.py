"""Lengths of Secrets that agree on one name for all roles, and the one that does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.model.joining.chain import Chain
from analyzer.model.joining.credentials import OPENSHIFT_TOKEN, TEMPLATES
from analyzer.model.joining.name_lengths import Agreement, agreement
from analyzer.session import analyze
from samples.bundle import bundle_files
from samples.cluster import Cluster

SECRETS = (
    ("openshift-image-registry", "installer-cloud-credentials"),
    ("openshift-ingress-operator", "cloud-credentials"),
    ("openshift-machine-api", "aws-cloud-credentials"),
    ("openshift-cluster-csi-drivers", "ebs-cloud-credentials"),
    ("openshift-cloud-network-config-controller", "cloud-credentials"),
    ("openshift-cloud-credential-operator", "cloud-credential-operator-iam-ro-creds"),
)
REGIONS = st.sampled_from([("aws", "eu-west-1"), ("aws-us-gov", "us-gov-east-1"), ("aws-cn", "cn-north-1")])


def chains(
    name: str, place: tuple[str, str], template: int = 0, more: int = 0, path: str = "/"
) -> dict[str, Chain]:
    partition, region = place
    made = {}
    for namespace, secret in SECRETS:
        chain = Chain(namespace, secret)
        arn = f"arn:{partition}:iam::210987654321:role{path}" + f"{name}-{namespace}-{secret}"[:64]
        chain.length = TEMPLATES[template].length(len(arn), OPENSHIFT_TOKEN, region) + more
        made[chain.id] = chain
    return made


def agreed(found: dict[str, Chain], region: str) -> Agreement | None:
    return agreement(list(found.values()), dict.fromkeys(found, (OPENSHIFT_TOKEN,)), region)


def odd(found: dict[str, Chain], region: str) -> list[str]:
    told = agreed(found, region)
    return list(told.odd()) if told else []


def lacking(found: dict[str, Chain], region: str) -> dict[str, tuple[str, ...]]:
    told = agreed(found, region)
    assert told is not None
    return told.without_regional_line()


@given(
    name=st.text("ab-1", min_size=1, max_size=31), place=REGIONS, template=st.integers(0, 2),
    more=st.integers(0, 1), path=st.sampled_from(["/", "/team/", "/division_abc/subdivision_xyz/"]),
)  # fmt: skip
@settings(max_examples=60)
def test_none_is_odd_where_one_name_and_one_maker_made_all(
    name: str, place: tuple[str, str], template: int, more: int, path: str
) -> None:
    assert odd(chains(name, place, template, more, path), place[1]) == []


@given(name=st.text("ab-1", min_size=1, max_size=8), place=REGIONS, by=st.integers(2, 9))
@settings(max_examples=30)
def test_a_role_of_another_name_is_odd(name: str, place: tuple[str, str], by: int) -> None:
    found = chains(name, place)
    strange = found["openshift-ingress-operator/cloud-credentials"]
    assert strange.length is not None
    strange.length += by
    assert odd(found, place[1]) == [strange.id]


def _named_one_by_one() -> dict[str, Chain]:
    """Give Secrets of roles that people named; four agree with one name, but by several templates."""
    names = ("imageregistry", "router", "mapi", "ebs-csi-driver", "network-config", "cloud-credential")
    found = chains("", ("aws", "eu-west-1"))
    for chain, name in zip(found.values(), names, strict=True):
        arn = f"arn:aws:iam::210987654321:role/my-cluster_{name}-role"
        chain.length = TEMPLATES[0].length(len(arn), OPENSHIFT_TOKEN, "eu-west-1")
    return found


@pytest.mark.parametrize("by_hand", [True, False])
def test_those_that_several_templates_explain_may_agree_by_chance(*, by_hand: bool) -> None:
    found = _named_one_by_one() if by_hand else chains("demo", ("aws", "eu-west-1"))
    if not by_hand:
        strange = found["openshift-cluster-csi-drivers/ebs-cloud-credentials"]
        strange.length = (strange.length or 0) + 5
    told = agreed(found, "eu-west-1")
    assert told is not None
    assert {one.by_name_alone for one in told.odd().values()} == {not by_hand}


def test_a_longer_name_does_not_make_an_older_template_of_those_that_are_not_cut() -> None:
    """Two requests share a role, and one Secret was not gathered: 34 characters more explain the rest."""
    found = chains("demo", ("aws", "eu-west-1"))
    del found["openshift-image-registry/installer-cloud-credentials"]
    shared = found["openshift-ingress-operator/cloud-credentials"].length
    found["openshift-cluster-csi-drivers/ebs-cloud-credentials"].length = shared
    assert lacking(found, "eu-west-1") == {}


def test_where_either_of_two_may_be_the_odd_one_none_is() -> None:
    found = chains("a-name-of-12", ("aws", "eu-west-1"))  # four of six names are cut
    strange = found["openshift-ingress-operator/cloud-credentials"]
    strange.length = (strange.length or 0) + 2
    assert odd(found, "eu-west-1") == []


def _each_by_hand(found: dict[str, Chain]) -> None:
    for number, chain in enumerate(found.values()):
        chain.length = (chain.length or 0) + 5 * number


def _three_alone(found: dict[str, Chain]) -> None:
    for chain_id in list(found)[3:]:
        del found[chain_id]
    next(iter(found.values())).length = 300


@pytest.mark.parametrize("change", [_each_by_hand, _three_alone])
def test_few_that_agree_tell_nothing_of_the_others(change: Callable[[dict[str, Chain]], None]) -> None:
    found = chains("demo", ("aws", "eu-west-1"))
    change(found)
    assert odd(found, "eu-west-1") == []


def test_without_the_region_nothing_is_odd() -> None:
    found = chains("demo", ("aws", "eu-west-1"))
    next(iter(found.values())).length = 300
    assert odd(found, "") == []


def test_a_bundle_alone_tells_the_secret_of_another_clusters_role(tmp_path: Path) -> None:
    cluster, other = Cluster(), Cluster(name="staging-old")
    cluster.set_role_arn(
        "openshift-machine-api", "aws-cloud-credentials", other.role("openshift-machine-api").arn
    )
    for name, data in bundle_files(cluster).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    report = analyze([tmp_path])
    found = [f for f in report.findings if f.rule == "secret-length-mismatch"]
    assert [(f.state, f.subject) for f in found] == [("fail", "openshift-machine-api/aws-cloud-credentials")]
    assert "a role named as those of 5 other Secrets are" in found[0].message
    assert len([p for p in found[0].evidence if p.file.endswith("secrets.yaml")]) >= 2


@pytest.mark.parametrize("place", [("aws", "eu-west-1"), ("aws-cn", "cn-north-1")])
@pytest.mark.parametrize("name", ["prod", "a-name-of-some-length"])
def test_one_without_the_regional_line_stands_out(name: str, place: tuple[str, str]) -> None:
    """The name that the others agree on fits it only by the older template, which lacks the line."""
    made, older = chains(name, place), chains(name, place, template=1)
    assert lacking(made, place[1]) == {}
    assert lacking(older, place[1]) == {one: tuple(sorted(older)) for one in older}
    one = "openshift-machine-api/aws-cloud-credentials"
    mixed = made | {one: older[one]}
    assert lacking(mixed, place[1]) == {one: tuple(sorted(set(made) - {one}))}
    assert odd(mixed, place[1]) == []


@pytest.mark.parametrize("more", [5, 11, 28, 33])
@pytest.mark.parametrize("name", ["prod", "a-name-of-some-length", "another-one-that-is-of-thirty-nine-char"])
def test_no_template_is_told_by_an_unknown_text_or_a_path(name: str, more: int) -> None:
    """What makes all values longer may be a line of their maker or a path that all roles have."""
    assert lacking(chains(name, ("aws", "eu-west-1"), template=1, more=more), "eu-west-1") == {}


def test_no_template_is_told_where_no_name_is_cut() -> None:
    """A shorter name in a longer text makes values of the same lengths then."""
    older = chains("prod", ("aws", "eu-west-1"), template=1)
    uncut = {one: chain for one, chain in older.items() if not one.startswith("openshift-cloud-")}
    assert len(uncut) == 4
    assert lacking(uncut, "eu-west-1") == {}
