"""Which role a chain must use, among the roles of several clusters."""

import json

import pytest

from analyzer.bundle import parse_json
from analyzer.evidence.origin import Where
from analyzer.evidence.records import FailedCall, Listing, PolicyDocument, RoleRecord
from analyzer.model.joining.role_choice import Naming, choose, naming, prefix_of, role_name
from analyzer.model.joining.roles import RoleBook, unite

INGRESS = ("openshift-ingress-operator", "cloud-credentials")
NETWORK = ("openshift-cloud-network-config-controller", "cloud-credentials")
ISSUER = "one-oidc.s3.us-east-1.amazonaws.com"
PLACE = Where("i1", parse_json(b"{}", "roles.json")[0].at())


def trusting(issuer: str) -> PolicyDocument:
    document = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{issuer}"},
                "Condition": {"StringEquals": {f"{issuer}:sub": "system:serviceaccount:a:b"}},
            }
        ]
    }
    return PolicyDocument("trust", document, PLACE)


def record(name: str, issuer: str = ISSUER, description: str | None = None) -> RoleRecord:
    arn = f"arn:aws:iam::123456789012:role/{name}"
    return RoleRecord(name, arn, trusting(issuer), PLACE, description=description)


def book(*records: RoleRecord, listed: tuple[str, ...] | None = None) -> RoleBook:
    listings = [Listing("roles", "123456789012", True, listed, PLACE)] if listed is not None else []
    return unite(records, [], listings, [])


def test_names_are_cut_at_64_without_a_hash() -> None:
    assert len(role_name("production", *NETWORK)) == 64
    assert prefix_of(role_name("production", *NETWORK), *NETWORK) == "production"
    assert prefix_of(role_name("one", *INGRESS), *INGRESS) == "one"
    assert prefix_of("one-openshift-image-registry-installer-cloud-credentials", *INGRESS) is None


def test_the_role_of_this_cluster_among_two() -> None:
    roles = book(
        record(role_name("one", *INGRESS)),
        record(role_name("two", *INGRESS), "two-oidc.s3.us-east-1.amazonaws.com"),
    )
    names = naming(roles, [INGRESS], ISSUER, {"one"})
    found = choose(roles, *INGRESS, [], ISSUER, names)
    assert found is not None
    assert found[0].name == role_name("one", *INGRESS)


def test_a_role_of_another_cluster_is_not_taken() -> None:
    roles = book(
        record(role_name("two", *INGRESS), "two-oidc.s3.us-east-1.amazonaws.com"),
        record(role_name("one", *NETWORK)),
    )
    names = naming(roles, [INGRESS, NETWORK], ISSUER, {"one"})
    assert choose(roles, *INGRESS, [], ISSUER, names) is None


def test_a_stale_trust_policy_is_still_this_clusters_role() -> None:
    roles = book(record(role_name("one", *INGRESS), "old-oidc.s3.us-east-1.amazonaws.com"))
    names = naming(roles, [INGRESS], "d1.cloudfront.net", set())
    found = choose(roles, *INGRESS, [], "d1.cloudfront.net", names)
    assert found is not None


def test_a_name_that_is_cut_inside_the_namespace_is_told_by_the_whole() -> None:
    long = "a-name-of-more-than-22-characters"
    assert role_name(long, *NETWORK).endswith("openshift-cloud-network-config")
    roles = book(record(role_name(long, *NETWORK)), record(role_name("two", *NETWORK)))
    found = choose(roles, *NETWORK, [], ISSUER, Naming(frozenset({long}), followed=True))
    assert found is not None
    assert found[0].name == role_name(long, *NETWORK)


def test_a_renamed_role_is_found_by_what_it_trusts() -> None:
    roles = book(record("team-x"))
    found = choose(
        roles, *INGRESS, ["system:serviceaccount:a:b"], ISSUER, Naming(frozenset(), followed=False)
    )
    assert found is not None
    assert found[1] == "trust policy"


def test_absence_needs_a_complete_listing_or_a_recorded_answer() -> None:
    name = role_name("one", *INGRESS)
    assert book().missing(name, "123456789012") is None
    assert book(listed=(name.upper(),)).missing(name, "123456789012") is None, "names are unique by case"
    assert book(listed=("other",)).missing(name, "123456789012") is not None
    assert book(listed=("other",)).missing(name, "210987654321") is None, "that is another account"
    failed = FailedCall("GetRole", "NoSuchEntity", "gone", name, PLACE)
    assert unite([], [], [], [failed]).missing(name, None) is not None


def test_the_last_page_of_a_list_is_not_the_whole() -> None:
    def listing(*names: str, complete: bool, account: str | None = "123456789012") -> Listing:
        return Listing("roles", account, complete, names, PLACE)

    last = listing("y", "z", complete=True)
    first = listing("a", "b", complete=False)
    elsewhere = listing("a", complete=False, account="210987654321")
    assert unite([], [], [last], []).missing("k", "123456789012") is not None
    assert unite([], [], [last, elsewhere], []).missing("k", "123456789012") is not None
    # A page between the two may hold it.
    assert unite([], [], [last, first], []).missing("k", "123456789012") is None
    # The first roles alone, as of --max-items, beside a list of them all.
    whole = listing("a", "b", "y", "z", complete=True)
    assert unite([], [], [whole, first], []).missing("k", "123456789012") is not None


@pytest.mark.parametrize("first_last", [True, False])
def test_the_last_page_of_a_roles_policies_is_not_their_list(*, first_last: bool) -> None:
    own = record("r")
    pages = [
        RoleRecord("r", None, None, PLACE, page=("a",)),
        RoleRecord("r", None, None, PLACE, inline_names=("b",)),
        RoleRecord("r", None, None, PLACE, page=("arn:aws:iam::aws:policy/a",)),
        RoleRecord("r", None, None, PLACE, attached=(("b", "arn:aws:iam::aws:policy/b"),)),
    ]
    (role,) = book(own, *(reversed(pages) if first_last else pages)).roles
    assert (role.inline_names, role.attached) == (None, None)
    whole = RoleRecord("r", None, None, PLACE, inline_names=("a", "b"))
    (role,) = book(own, pages[0], whole).roles
    assert role.inline_names == ("a", "b")


def test_records_of_one_role_are_united() -> None:
    name = "one"
    inline = PolicyDocument("p", {}, PLACE)
    roles = unite(
        [
            RoleRecord(name, None, None, PLACE, inline=(inline,)),
            record(name),
            RoleRecord(name, None, None, PLACE, inline_names=("p",)),
        ],
        [], [], [],
    ).roles  # fmt: skip
    assert len(roles) == 1
    assert roles[0].inline == {"p": inline}
    assert roles[0].inline_names == ("p",)
    assert json.loads(json.dumps(roles[0].trust_text))


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        ("list-role-policies-ONE-OPENSHIFT-INGRESS.json", "one-openshift-ingress"),
        ("roles/one openshift ingress/inline.json", "one-openshift-ingress"),
        ("list_one_openshift_ingress_2.json", "one-openshift-ingress-2"),
        ("ingress.json", None),
        ("one_openshift.json", None),
    ],
)
def test_a_list_is_of_the_role_that_its_file_is_named_after_however_spelt(
    file: str, owner: str | None
) -> None:
    where = Where("i1", parse_json(b"{}", file)[0].at())
    names = ("one-openshift-ingress", "one-openshift-ingress-2")
    lists = RoleRecord("hint", None, None, where, inline_names=("p",))
    found = book(*map(record, names), lists)
    assert [role.name for role in found.roles if role.inline_names] == ([owner] if owner else ["hint"])
    assert [one.name for one in found.lists] == ([] if owner else ["hint"])
