"""Values of documents, read with their type checked."""

from __future__ import annotations

import pytest

from analyzer.evidence.records import Json
from analyzer.evidence.values import message_of


@pytest.mark.parametrize("condition", [None, [], {}, {"message": None}, {"message": 1}])
def test_no_message(condition: Json) -> None:
    assert message_of(condition) is None


def test_a_message_longer_than_an_object_may_be_is_not_searched_whole() -> None:
    assert message_of({"message": "AccessDenied"}) == "AccessDenied"
    message = message_of({"message": "AccessDenied " + "x" * 20_000_000})
    assert message is not None
    assert message.startswith("AccessDenied x")
    assert len(message) < 2_000_000
