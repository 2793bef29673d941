"""What is told of RSA keys by their bytes is what ``cryptography`` says of them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from analyzer.evidence.key_objects import modulus_of, read_der, rsa_key, spki_of
from analyzer.evidence.usual_keys import EXPONENT, usual_modulus, usual_spki

ODD = st.sampled_from([2048, 3072, 4096]).flatmap(
    lambda bits: st.integers(1 << (bits - 1), (1 << bits) - 1).map(lambda number: number | 1)
)


@given(ODD)
def test_a_modulus_makes_the_bytes_that_cryptography_makes_and_reads(modulus: int) -> None:
    key = rsa_key(modulus, EXPONENT)
    assert key is not None
    assert usual_spki(modulus) == spki_of(key)
    read = read_der(spki_of(key))
    assert not isinstance(read, str)
    assert usual_modulus(spki_of(key)) == modulus_of(read) == modulus


@given(ODD, st.integers(0, 600), st.integers(0, 255), st.sampled_from(["change", "drop", "insert"]))
def test_what_is_not_of_that_form_is_left_to_cryptography(
    modulus: int, place: int, byte: int, how: str
) -> None:
    der = usual_spki(modulus) or b""
    place = min(place, len(der) - 1)
    changed = der[:place] + (b"" if how == "drop" else bytes([byte])) + der[place + (how != "insert") :]
    found = usual_modulus(changed)
    if found is not None:
        key = read_der(changed)
        assert isinstance(key, rsa.RSAPublicKey)
        assert (modulus_of(key), spki_of(key)) == (found, changed)


@pytest.mark.parametrize("modulus", [0, 1, (1 << 2048) - 2, 1 << 2047, (1 << 2047) - 1, (1 << 1024) - 1])
def test_other_sizes_and_even_numbers_are_not_told(modulus: int) -> None:
    assert usual_spki(modulus) is None


def test_bytes_that_are_too_short_are_no_key() -> None:
    assert [usual_modulus(b"\x01" * length) for length in (0, 1, 5, 261)] == [None] * 4
