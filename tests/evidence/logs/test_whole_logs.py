"""Whole logs in the words of five SDKs, each in five ways of writing a log line: one symptom or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.evidence.logs.scan import LogScan

CASES = [json.loads(line) for line in Path(__file__).with_name("whole_logs.jsonl").read_text().splitlines()]
"""Class (null for what is no error of AWS) and text."""

WAYS = {
    "klog": lambda text: f"E0312 10:00:00.123456       1 controller.go:266] sync failed: {text}",
    "zap": lambda text: json.dumps({"level": "error", "ts": "2024-03-12T10:00:00Z", "error": text}),
    "json in json": lambda text: json.dumps({"message": json.dumps({"error": text})}),
    "quoted by klog": lambda text: f'E0312 x.go:122] "GRPC error" err="{json.dumps(text)[1:-1]}"',
    "logrus": lambda text: f'time="2024-03-12" level=error msg=failed err.detail={json.dumps(text)}',
}


@pytest.mark.parametrize("way", WAYS)
def test_a_log_in_any_sdk_s_words(way: str) -> None:
    for expected, text in CASES:
        lines = WAYS[way](text).split("\n")
        log = "".join(f"2024-03-12T10:00:00.12345678{i % 10}Z {line}\n" for i, line in enumerate(lines))
        scan = LogScan()
        scan.feed("i1", "mg/namespaces/openshift-x/pods/p-1/c/c/logs/current.log", [log.encode()])
        found = [symptom.klass for symptom in scan.symptoms()]
        assert found == ([expected] if expected else []), text
