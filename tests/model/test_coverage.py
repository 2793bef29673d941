"""What a bundle lacks of what the chains are judged by."""

from __future__ import annotations

from analyzer.evidence.gathered import Evidence
from analyzer.model.coverage import absent_parts


def test_a_whole_list_that_is_empty_lacks_nothing() -> None:
    lists = [("ConfigMap", "kube-system"), ("CredentialsRequest", "openshift-cloud-credential-operator")]
    names = {f"{kind}s of {namespace}" for kind, namespace in lists}
    assert names <= {one.what for one in absent_parts(Evidence())}
    listed = Evidence(listed={("root", kind, namespace) for kind, namespace in lists})
    assert not names & {one.what for one in absent_parts(listed)}
