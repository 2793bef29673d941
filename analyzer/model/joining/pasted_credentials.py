"""Credentials values that were handed in: each is given to the chain whose Secret it must be of, or said."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.evidence.gathered import Evidence, Problem
from analyzer.evidence.kubernetes import secret
from analyzer.evidence.records import CredentialsText, Secret, SecretValue
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.chains import speaks_for
from analyzer.model.joining.credentials import read_credentials
from analyzer.model.joining.objects import Objects, was_in_cluster

_LINE_END = 2
"""Bytes by which a value may be longer than what a terminal shows of it: its last line end."""


def add_pasted(chains: Sequence[Chain], evidence: Evidence) -> list[Problem]:
    """Fill in the values of Secrets that a bundle holds as lengths; says of each text why it is not used.

    A text is taken for a Secret's value only where its length agrees with what the bundle kept: part
    of a value would look like a broken one. Whose it is tells the command above it or the name of
    its file, else the length, where one Secret alone has it. The role that it names tells nothing:
    it may be the wrong one.
    """
    notes = []
    # Before any is filled in: the order of the texts must not matter.
    open_ones = [chain for chain in chains if chain.credentials is None]
    for text in evidence.of(CredentialsText):
        found, why = _owner(text, open_ones)
        if found is None:
            notes.append(Problem(text.where.input, text.where.file, "not-used", why, "note"))
            continue
        value = _fitting(text.text, found.length) or text.text
        found.credentials = read_credentials(value)
        found.credentials_where = text.where
        if found.secret is None:
            found.length = len(value.encode())
            found.secret = _secret(found, text, value)
    return notes


def refused_manifests(chains: Sequence[Chain], objects: Objects) -> list[Problem]:
    """Say of each readable Secret that does not speak for the cluster's why it was not used."""
    notes = []
    for chain in chains:
        copies = objects.copies("Secret", chain.secret_name, chain.namespace)
        live = [secret(copy) for copy in copies if was_in_cluster(copy)]
        kept = live[-1].values.get("credentials") if live else None
        for copy in copies:
            value = secret(copy).values.get("credentials")
            if kept is None or value is None or value.text is None or value.masked or speaks_for(kept, value):
                continue
            why = (
                f"line {copy.where.line}: Secret {chain.id}, not used: its credentials value has "
                f"{value.length} bytes, that of the cluster's own Secret {kept.length}, so it "
                "is another value (an older or newer one, or another cluster's)"
            )
            notes.append(Problem(copy.where.input, copy.where.file, "not-used", why, "note"))
    return notes


def _owner(text: CredentialsText, chains: Sequence[Chain]) -> tuple[Chain | None, str]:
    line = f"line {text.where.line}"
    named = [chain for chain in chains if _names(text, chain)]
    if text.secret is not None and not named:
        return None, f"{line}: a value of Secret {'/'.join(text.secret)}, which is not in question here"
    if len(named) == 1 and named[0].length is None:
        whole = "[" in text.text
        return (named[0], "") if whole else (None, f"{line}: a credentials value without its first line")
    fits = [chain for chain in named or chains if _fitting(text.text, chain.length) is not None]
    if len(fits) == 1:
        return fits[0], ""
    if not fits:
        what = f"Secret {named[0].id}" if len(named) == 1 else "any Secret of the bundle"
        return None, f"{line}: a credentials value, not used: it has not the length of {what}"
    ids = ", ".join(chain.id for chain in fits)
    return None, (
        f"{line}: a credentials value, not used: by its length it may be of {ids}; keep the command above it,"
        " or name the file NAMESPACE-NAME after its Secret"
    )


def _names(text: CredentialsText, chain: Chain) -> bool:
    if text.secret is not None:
        return text.secret == (chain.namespace, chain.secret_name)
    path = text.where.file.translate(str.maketrans("/_.", "---"))
    return f"{chain.namespace}-{chain.secret_name}" in path


def _fitting(text: str, length: int | None) -> str | None:
    """Give the text as the Secret of that length has it, with or without the terminal's line ends."""
    for value in (text.strip("\r\n"), text.replace("\r", "").strip("\n")):
        if length is not None and 0 <= length - len(value.encode()) <= _LINE_END:
            return value
    return None


def _secret(chain: Chain, text: CredentialsText, value: str) -> Secret:
    values = {"credentials": SecretValue(len(value.encode()), value)}
    return Secret(chain.namespace, chain.secret_name, values, {}, {}, None, text.where)
