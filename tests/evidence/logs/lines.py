"""Where logs of the tests lie, and the stamps of their lines."""

from __future__ import annotations

from datetime import datetime, timedelta

POD = "bundle/namespaces/openshift-ingress-operator/pods/ingress-operator-7d8f9c6b5d-x2x4z"
LOGS = f"{POD}/ingress-operator/ingress-operator/logs"


def stamp(minute: int, nanos: int = 123456789) -> str:
    return f"2024-05-14T08:{minute:02d}:00.{nanos:09d}Z "


def each_second(second: int) -> str:
    when = datetime(2024, 5, 14) + timedelta(seconds=second)
    return when.strftime("%Y-%m-%dT%H:%M:%S.123456789Z ")
