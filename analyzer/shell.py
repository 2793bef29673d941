"""Words of a command line for a POSIX shell, which come out as they are whatever they hold."""

from __future__ import annotations

from shlex import quote


def word(text: str) -> str:
    r"""Write one word of a command line.

    What does not print as itself, such as a zero-width blank from a copied page, is written by its bytes
    for ``printf``: shown as it is it could not be seen, and shown as an escape it would be another word.
    """
    if text.isascii() and text.isprintable():
        return quote(text)
    kept = "".join(_byte(byte) for byte in text.encode("utf-8", "surrogatepass"))
    return f"\"$(printf '{kept}')\""


def _byte(byte: int) -> str:
    sign = chr(byte)
    return sign if sign.isascii() and (sign.isalnum() or sign in " -_./:@=+,") else f"\\{byte:03o}"
