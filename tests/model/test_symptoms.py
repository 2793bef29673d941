"""Whether an error was still going on when the bundle was gathered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analyzer.engine.facts import Fact
from analyzer.evidence.loose.sniff import read_loose
from analyzer.evidence.origin import Quote
from analyzer.evidence.records import K8sObject, Symptom
from analyzer.model.joining.asks import Asks
from analyzer.model.symptoms.logs import _merged, recency
from analyzer.model.symptoms.operator_conditions import operator_facts

NOW = datetime(2025, 3, 4, 12, tzinfo=UTC)


def errors(count: int, *, ago: int, logs_end: int, file: str = "current.log") -> Symptom:
    """Give errors a minute apart; ``ago`` and ``logs_end`` are minutes before the gather."""
    last = NOW - timedelta(minutes=ago)
    first = last - timedelta(minutes=count - 1)
    quote = Quote("i1", f"namespaces/a/pods/b/c/c/logs/{file}", 1, "an error")
    end = NOW - timedelta(minutes=logs_end)
    return Symptom("no-provider", "a", "b", "c", "an error", count, first, last, quote, log_end=end)


@pytest.mark.parametrize(
    "found, said",
    [
        (errors(9, ago=5, logs_end=0), "ongoing"),
        (errors(9, ago=50, logs_end=0), "stopped"),
        (errors(1, ago=50, logs_end=0), "unknown"),
        (errors(1, ago=50, logs_end=40), "ongoing"),
        (errors(1, ago=20, logs_end=0), "ongoing"),
        (errors(1, ago=70, logs_end=0), "stopped"),
        (errors(9, ago=20, logs_end=12, file="previous.log"), "stopped"),
        (errors(1, ago=20, logs_end=12, file="previous.log"), "stopped"),
        (errors(9, ago=20, logs_end=17, file="previous.log"), "ongoing"),
    ],
)
def test_whether_it_goes_on(found: Symptom, said: str) -> None:
    assert recency([found], NOW) == said


def denied(action: str, *, count: int, ago: int) -> Symptom:
    found = errors(count, ago=ago, logs_end=0)
    return replace(found, klass="action-denied", action=action, layer=None, caller=None)


def test_lines_are_counted_of_what_the_sentence_names() -> None:
    """Of several denied actions one that goes on is told, with its own lines and times; then the others."""
    old = denied("ec2:CreateTags", count=4, ago=600)
    going = denied("ec2:CreateVolume", count=9, ago=3)
    silent = denied("ec2:CreateSnapshot", count=7, ago=50)
    fact = _merged([silent, old, going, going], NOW, None)
    value = fact.value
    assert isinstance(value, dict)
    assert (value["count"], value["recency"], value["last"]) == (18, "ongoing", "2025-03-04T11:57:00Z")
    assert value["call"] == "ec2:CreateVolume"
    assert value["besides"] == " (besides: ec2:CreateSnapshot in 7 lines, ec2:CreateTags in 4 lines)"


def test_a_call_is_told_as_far_as_the_line_tells_it() -> None:
    bare = replace(denied("", count=1, ago=3), action=None)
    fact = _merged([bare], NOW, None)
    assert isinstance(fact.value, dict)
    assert (fact.value["call"], fact.value["besides"]) == ("a call that is not named", "")
    whole = replace(
        bare, action="s3:GetObject", resource="arn:aws:s3:::b/k", layer="session policy: no allow"
    )
    fact = _merged([whole], NOW, None)
    assert isinstance(fact.value, dict)
    assert fact.value["call"].endswith("b/k (AWS names the layer session policy: no allow)")


def test_of_an_operator_s_conditions_the_one_with_aws_s_words_is_told() -> None:
    conditions = [
        {"type": "Available", "status": "False", "message": "The deployment does not exist"},
        {"type": "Progressing", "status": "True", "message": "ExpiredToken: the token is expired"},
        {"type": "Degraded", "status": "True", "message": "WebIdentityErr: x\ncaused by: ExpiredToken: y"},
    ]
    value = {
        "apiVersion": "config.openshift.io/v1",
        "kind": "ClusterOperator",
        "metadata": {"name": "image-registry"},
        "status": {"conditions": conditions},
    }
    (operator,) = read_loose("i1", "operator.json", json.dumps(value).encode()).records
    assert isinstance(operator, K8sObject)
    facts = operator_facts(operator, Asks(), all_read=True)
    told = facts["operator.unhealthy"]
    assert isinstance(told, Fact)
    assert told.value == "Degraded=True"
