"""Objects that are kept as text until they matter: packed or not, they are the same."""

from __future__ import annotations

import pytest

from analyzer.bundle import cut_list
from analyzer.evidence import gathered
from analyzer.evidence.gathered import Evidence
from analyzer.needles import Needles

PODS = b"""\
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: a
    namespace: shop
- apiVersion: v1
  kind: Pod
  metadata:
    name: b
    namespace: shop
    annotations:
      eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/x
kind: PodList
"""


def _kept() -> Evidence:
    evidence = Evidence()
    for name, item in zip("ab", cut_list(PODS).items, strict=True):
        evidence.keep("Pod", "shop", name, item, "i1", "pods.yaml", "i1:")
    return evidence


def test_what_is_kept_packed_is_read_as_if_it_were_not(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = _kept()
    monkeypatch.setattr(gathered, "_MOST_PLAIN", 150)
    packed = _kept()
    assert [raw.squeezed for raw in plain.raw] == [False, False]
    assert [raw.squeezed for raw in packed.raw] == [False, True]
    assert [raw.item for raw in packed.raw] == [raw.item for raw in plain.raw]
    words = Needles((b"role-arn", b"other"))
    assert [raw.speaks_of(words) for raw in packed.raw] == [False, True]
    first, second = (list(e.parse_raw(("Pod",), ("shop",))) for e in (plain, packed))
    assert [(o.name, o.value) for o in first] == [(o.name, o.value) for o in second]
    assert [o.where.place.line for o in first] == [o.where.place.line for o in second] == [3, 8]
