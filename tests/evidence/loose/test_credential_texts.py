"""Values of credentials Secrets as people take them from a terminal."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from analyzer.evidence.records import CredentialsText
from tests.evidence.material import ROLE_ARN, read

PATH = "/var/run/secrets/openshift/serviceaccount/token"
VALUE = (
    f"[default]\nsts_regional_endpoints = regional\nrole_arn = {ROLE_ARN}\nweb_identity_token_file = {PATH}"
)
ENCODED = b64encode(VALUE.encode()).decode()
ASKED = "oc -n openshift-ingress-operator get secret cloud-credentials -o jsonpath='{.data.credentials}'"


@pytest.mark.parametrize(
    ("text", "told", "line"),
    [
        (VALUE, False, 3),
        (ENCODED, False, 1),
        (f"map[credentials:{ENCODED}]", False, 1),
        (json.dumps({"credentials": ENCODED}), False, 1),
        (json.dumps({"credentials": VALUE}, indent=2), False, 2),
        (f"$ {ASKED}\n{ENCODED}[me@host ~]$ ", True, 2),
        # A value ends without a line break: the prompt stands right behind it.
        (f"$ {ASKED} | base64 -d\n{VALUE}[me@host ~]$ ", True, 4),
        (f"me@host:~$ {ASKED} | base64 -d\n{VALUE}me@host:~$ oc whoami\nme\n", True, 4),
        (f"sh-5.1$ {ASKED} | base64 -d\n{VALUE}sh-5.1$ exit\n", True, 4),
    ],
)
def test_a_value_is_read_to_its_last_character(text: str, told: bool, line: int) -> None:
    (record,) = read("x.txt", text).records
    assert isinstance(record, CredentialsText)
    assert record.text.strip() == VALUE
    assert record.secret == (("openshift-ingress-operator", "cloud-credentials") if told else None)
    assert (record.where.line, record.where.excerpt) == (line, f"role_arn = {ROLE_ARN}")


@pytest.mark.parametrize(
    "asked",
    [
        "oc get secret -n openshift-ingress-operator cloud-credentials -o jsonpath={.data.credentials}",
        "oc get secret --namespace openshift-ingress-operator cloud-credentials -ojson",
        "oc get secret -o jsonpath='{.data.credentials}' -n openshift-ingress-operator cloud-credentials",
        "kubectl get secrets -n=openshift-ingress-operator cloud-credentials --template '{{.data}}'",
        "oc extract secret/cloud-credentials --to=- -n openshift-ingress-operator",
        "oc -n openshift-ingress-operator get -o yaml secret/cloud-credentials",
    ],
)
def test_the_command_tells_the_secret_wherever_its_options_stand(asked: str) -> None:
    (record,) = read("x.txt", f"$ {asked} | base64 -d\n{VALUE}\n").records
    assert isinstance(record, CredentialsText)
    assert record.secret == ("openshift-ingress-operator", "cloud-credentials")


@pytest.mark.parametrize("by", ["", " -l app=ingress", " --selector app=ingress -o yaml"])
def test_a_command_that_names_no_secret_tells_none(by: str) -> None:
    (record,) = read("x.txt", f"$ oc get secrets -n openshift-ingress-operator{by}\n{VALUE}\n").records
    assert isinstance(record, CredentialsText)
    assert record.secret is None
