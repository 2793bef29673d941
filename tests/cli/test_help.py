"""The lists of commands say whole sentences, also on a narrow terminal."""

import pytest

from .test_output import call


@pytest.mark.parametrize("group", [(), ("rules",), ("inspect",), ("fleet",), ("config",)])
def test_no_sentence_is_cut(group: tuple[str, ...]) -> None:
    lines = call(*group, "--help").stdout.splitlines()
    listed = lines[lines.index("Commands:") + 1 :]
    assert listed
    assert all(line.endswith(".") and not line.endswith("...") for line in listed if line.strip()), listed
