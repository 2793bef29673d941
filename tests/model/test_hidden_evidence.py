"""What was masked or taken out, and what only looks so."""

from __future__ import annotations

import pytest

from analyzer.bundle import Place, parse_yaml
from analyzer.evidence.masked_requests import _is_nameless
from analyzer.evidence.origin import Where
from analyzer.evidence.records import K8sObject
from analyzer.model.symptoms.hidden_conditions import hides_words


@pytest.mark.parametrize(
    ("message", "hidden"),
    [
        ("Waiting for rollout to finish: 1 of 2 updated replica(s) are available...", False),
        ("...", True),
        ("could not assume REDACTED", True),
    ],
)
def test_an_ellipsis_of_an_operator_is_no_mask(message: str, hidden: bool) -> None:
    assert hides_words([{"type": "Progressing", "status": "True", "message": message}]) is hidden


@pytest.mark.parametrize(
    ("annotation", "nameless"), [("release.openshift.io/delete", False), ("other", True)]
)
def test_a_manifest_that_deletes_a_request_needs_no_spec(annotation: str, nameless: bool) -> None:
    text = f'kind: CredentialsRequest\nmetadata: {{name: old, annotations: {{{annotation}: "true"}}}}\n'
    (document,) = parse_yaml(text.encode(), "old.yaml")
    value = dict(document.value)  # type: ignore[arg-type]
    where = Where("i1", Place(document))
    obj = K8sObject("CredentialsRequest", "", "", "old", value, where, "")
    assert _is_nameless(obj) is nameless
