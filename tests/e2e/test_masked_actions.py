"""Actions of requests that are masked are not known: they neither break nor mend anything."""

import re
from collections.abc import Container

import pytest

from samples import Cluster
from tests.properties.hiding import judged, subjects_of

from .faults import FAULTS
from .runs import Bench, everything


def _masked(files: dict[str, bytes], shown: Container[str] = ()) -> dict[str, bytes]:
    """Give the files with the actions of all requests masked, those apart that are to be shown."""
    out = dict(files)
    for path in files:
        if "credentialsrequests/" in path or "credrequests/" in path:
            lines = files[path].decode().splitlines(keepends=True)
            out[path] = "".join(
                re.sub(r"(?<=- )\w+:\w.*", "REDACTED", line) if line.strip(" -\n") not in shown else line
                for line in lines
            ).encode()
    assert out != files
    return out


@pytest.mark.parametrize(
    "name",
    ["permission-missing", "permission-boundary", "request-release-mismatch-older", "permission-excess"],
)
def test_actions_that_are_masked_in_requests_may_be_what_is_lacking(bench: Bench, name: str) -> None:
    fault = next(one for one in FAULTS if one.id == name)
    before = judged(bench, subjects_of(bench, fault.files())).states
    found = [
        key for key, state in before.items() if key[0] == fault.rule and state not in ("pass", "unknown")
    ]
    after = judged(bench, subjects_of(bench, _masked(fault.files(), ("ec2:DescribeImages",)))).states
    assert found
    assert {after.get(key) for key in found} <= {"unknown", "not-applicable"}


def test_what_a_role_may_beyond_masked_is_no_excess(bench: Bench) -> None:
    shown = ("ec2:DescribeImages", "route53:ListHostedZones", "s3:CreateBucket", "ec2:AttachVolume")
    states = judged(bench, subjects_of(bench, _masked(everything(Cluster()), shown))).states
    assert "info" not in {state for key, state in states.items() if key[0] == "permission-excess"}
