"""Paths shortened in the middle keep what tells them apart, and always end."""

from hypothesis import given
from hypothesis import strategies as st

from analyzer.reports.paths import short_path

PART = st.text(alphabet="abc…", min_size=1, max_size=30)


@given(st.lists(PART, min_size=1, max_size=9), st.integers(10, 120), st.sampled_from(["…", "..."]))
def test_any_path_fits(parts: list[str], room: int, dots: str) -> None:
    assert len(short_path("/".join(parts), room, dots)) <= room


def test_what_tells_files_apart_stays() -> None:
    path = (
        "mg/must-gather.local.1/img-sha256-" + "a" * 64 + "/namespaces/openshift-ingress-operator/pods/"
        "ingress-operator-1/ingress-operator/ingress-operator/logs/current.log"
    )
    short = short_path(path, 80, "…")
    assert "ingress-operator-1" in short
    assert short.endswith("current.log")
