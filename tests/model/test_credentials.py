"""What a credentials value says, and what its byte length alone tells."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.model.joining.credentials import (
    EMPTY_LENGTHS,
    KUBERNETES_TOKEN,
    OPENSHIFT_TOKEN,
    TEMPLATES,
    expected_lengths,
    fitting,
    read_credentials,
    surplus,
)

ARN = "arn:aws:iam::123456789012:role/demo-openshift-ingress-operator-cloud-credentials"
GOOD = (
    f"[default]\nsts_regional_endpoints = regional\nrole_arn = {ARN}\n"
    f"web_identity_token_file = {OPENSHIFT_TOKEN}"
)


def test_the_documented_lengths() -> None:
    ccoctl, old, hosted = TEMPLATES
    assert ccoctl.length(0, OPENSHIFT_TOKEN, "") == 129
    assert ccoctl.length(0, KUBERNETES_TOKEN, "") == 133
    assert old.length(0, OPENSHIFT_TOKEN, "") == 95
    assert hosted.length(0, OPENSHIFT_TOKEN, "us-east-1") == 140 + len("us-east-1")
    assert {129, 95} == EMPTY_LENGTHS


@given(st.integers(20, 120), st.sampled_from(["us-east-1", "ap-southeast-1", "us-gov-west-1"]))
def test_every_template_fits_its_own_length(arn_length: int, region: str) -> None:
    for length in expected_lengths(arn_length, [OPENSHIFT_TOKEN], region):
        assert fitting(length, arn_length, [OPENSHIFT_TOKEN], region)
        assert fitting(length + 1, arn_length, [OPENSHIFT_TOKEN], region), "a newline is harmless"
        assert not fitting(length - 2, arn_length, [OPENSHIFT_TOKEN], region)


def test_a_region_line_is_harmless() -> None:
    longer = len(GOOD) + len("\nregion = us-east-1")
    assert fitting(longer, len(ARN), [OPENSHIFT_TOKEN], "us-east-1")


def test_a_fit_to_the_byte_is_nearer_than_one_with_a_newline() -> None:
    paths = [OPENSHIFT_TOKEN]
    assert [surplus(129 + n, 40, paths, "us-east-1") for n in (38, 40, 41)] == [None, 0, 1]


def test_a_good_value() -> None:
    found = read_credentials(GOOD)
    assert found.role_arn == ARN
    assert found.token_path == OPENSHIFT_TOKEN
    assert found.regional
    assert found.profile
    assert not found.static
    assert found.placeholder is None
    assert found.malformations == ()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (GOOD.replace("\n", "\r\n"), "CR LF"),
        (GOOD.replace(ARN, f'"{ARN}"'), "quotes"),
        (GOOD.replace(ARN, f"{ARN}  "), "trailing blanks"),
        (base64.b64encode(GOOD.encode()).decode(), "base64 twice"),
        ("hello", "no settings"),
    ],
)
def test_what_the_sdks_stumble_over(text: str, part: str) -> None:
    assert any(part in phrase for phrase in read_credentials(text).malformations)


def test_a_known_typo_is_no_role() -> None:
    assert read_credentials(GOOD.replace("role_arn", "role_name")).role_arn is None


def test_a_dry_run_leaves_its_placeholder() -> None:
    text = GOOD.replace(ARN, "") + "\nPOPULATE ROLE ARN AND DELETE THIS LINE"
    assert read_credentials(text).placeholder == "POPULATE ROLE ARN AND DELETE THIS LINE"


def test_long_lived_keys() -> None:
    assert read_credentials("[default]\naws_access_key_id = A\naws_secret_access_key = B").static


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    read_credentials(text)


def test_only_the_default_profile_counts() -> None:
    other = "[other]\nrole_arn = arn:aws:iam::999999999999:role/other\n\n"
    for text in (other + GOOD, f"{GOOD}\n\n{other}", other + GOOD.replace("[default]", "[ default ]")):
        found = read_credentials(text)
        assert (found.profile, found.role_arn, found.token_path) == (True, ARN, OPENSHIFT_TOKEN)
        assert not found.malformations


def test_a_placeholder_is_a_value_not_a_part_of_a_name() -> None:
    assert read_credentials(GOOD.replace(ARN, "whatever")).placeholder == "whatever"
    assert read_credentials(GOOD.replace("demo-", "whatever-")).placeholder is None


def test_the_default_profile_may_be_named_as_others_are() -> None:
    read = read_credentials(GOOD.replace("[default]", "[profile default]"))
    assert (read.profile, read.named_profile, read.role_arn) == (False, True, ARN)
    other = "\n[other]\nrole_arn = arn:aws:iam::999999999999:role/other\n"
    assert read_credentials(GOOD.replace("[default]", "[profile default]") + other).role_arn == ARN
    assert not read_credentials(GOOD.replace("[default]", "[profile other]")).named_profile


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("[default]", "[default] # of the team"),
        GOOD.replace(ARN, f"{ARN} # made by hand"),
        GOOD.replace(ARN, f"{ARN}\t; made by hand"),
        GOOD.replace(ARN, f"{ARN} # of <team>, was CHANGEME"),
        GOOD.replace(" = ", ": "),
        GOOD.replace(" = ", "\t=\t"),
        f"# whatever\n; <cluster> CHANGEME\n{GOOD}",
        GOOD.replace("role_arn", "#role_arn = <role>\n  # role_arn = ${ROLE}\nrole_arn"),
    ],
)
def test_what_the_sdks_for_go_pass_over(text: str) -> None:
    assert read_credentials(text) == read_credentials(GOOD)


def test_of_a_key_that_stands_there_twice_the_last_counts() -> None:
    former = f"role_arn = arn:aws:iam::999999999999:role/former\nrole_arn = {ARN}"
    assert read_credentials(GOOD.replace(f"role_arn = {ARN}", former)).role_arn == ARN


def test_a_byte_order_mark_is_what_is_wrong_not_the_section_behind_it() -> None:
    read = read_credentials("\ufeff" + GOOD)
    assert (read.profile, read.role_arn) == (True, ARN)
    assert len(read.malformations) == 1
    assert "byte order mark" in read.malformations[0]


@pytest.mark.parametrize(
    "text", ["\n" * 300_000, f"a = b{' ' * 300_000}x", f"[{']' * 300_000}", " #" * 150_000]
)
def test_no_text_takes_long(text: str) -> None:
    assert read_credentials(text).role_arn is None
