"""A mask over one value is never compared as if it were the value: it accuses nobody, and clears nobody."""

from __future__ import annotations

import re
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.fault import Fault
from tests.e2e.runs import Bench

from .hiding import inputs_of, judged, subjects_of, turned
from .single_values import MASKS, changed, parsed, paths
from .test_hiding import BUDGET, CASES

TELLING = re.compile(
    r"credentialsrequests/|credrequests/|core/(?:secrets|pods|configmaps)\.yaml|deployments\.yaml"
    r"|serviceaccounts/|authentications|infrastructures|cloudcredentials/|kubeapiservers/"
    r"|imageregistry|clusteroperators/|exports/.*\.json|openid-configuration"
)


@given(fault=st.sampled_from(CASES), mask=st.sampled_from(MASKS), random=st.randoms(use_true_random=False))
@BUDGET
def test_one_masked_value(bench: Bench, fault: Fault | None, mask: str, random: Random) -> None:
    files = inputs_of(fault)
    file = random.choice(sorted(filter(TELLING.search, files)))
    places = list(paths(parsed(files[file], file)))
    if not places:
        return
    at = random.choice(places)
    whole = judged(bench, subjects_of(bench, files))
    hidden = judged(bench, subjects_of(bench, changed(files, file, at, mask)))
    assert not turned(whole, hidden), (file, at, mask)
