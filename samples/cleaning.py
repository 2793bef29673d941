"""Bundles and exports as they are after cleaning: by must-gather-clean, by CI, by hand.

The tool's default configuration (openshift/must-gather-clean, examples/openshift_default.yaml) leaves out
files that hold Secrets or ConfigMaps and replaces addresses and the domains that it is told; masks are the
same wherever the value was the same, and the report tells them.
"""

from __future__ import annotations

import re
from collections import Counter

import yaml

Files = dict[str, bytes]
_IPV4 = re.compile(r"(?<![0-9.])(?:\d{1,3}\.){3}\d{1,3}(?![0-9.])")
_DASHED = re.compile(r"(?<=ip-)\d{1,3}(?:-\d{1,3}){3}")
_IPV6 = re.compile(r"(?i)::[a-f](?![a-z0-9:])|(?<=iam)::a(?=ws:)")
_OMITTED = re.compile(r"/core/(?:secrets|configmaps)(?:\.yaml|/)")


class Cleaner:
    """Replaces consistently; ``whole_domains`` puts subdomains into the mask too, as older versions do."""

    def __init__(self, *domains: str, whole_domains: bool = False) -> None:
        inner = "" if whole_domains else "(?<=\\.)|(?<=/)|(?<=\\b)"
        names = "|".join(re.escape(domain) for domain in domains)
        head = r"(?:[a-zA-Z0-9.]*\.)?" if whole_domains else f"(?:{inner})"
        self._domains = re.compile(f"{head}(?:{names})") if domains else None
        self._masks: dict[str, str] = {}
        self._uses: dict[str, Counter[str]] = {}
        self._digits = 10 if whole_domains else 7
        self.omitted: list[str] = []

    def clean(self, files: Files, top: str) -> Files:
        """Give the cleaned bundle, with the tool's mark at its top."""
        cleaned: Files = {f"{top}/watermark.txt": b"2024-03-12 11:00:00 +0000 UTC\nv0.0.3\n"}
        for path, data in files.items():
            if _OMITTED.search(path):
                self.omitted.append(f"/{path}")
                continue
            cleaned[self.text(path)] = self.text(data.decode()).encode()
        return cleaned

    def text(self, text: str) -> str:
        """Replace in one text."""
        if self._domains is not None:
            text = self._domains.sub(lambda found: self._mask("domain", found[0], found[0]), text)
        text = _IPV4.sub(lambda found: self._mask("ipv4", found[0], found[0]), text)
        text = _DASHED.sub(lambda found: self._mask("ipv4", found[0].replace("-", "."), found[0]), text)
        return _IPV6.sub(lambda found: self._mask("ipv6", found[0].upper(), found[0]), text)

    def _mask(self, kind: str, canonical: str, original: str) -> str:
        key = f"{kind} {canonical}"
        if key not in self._masks:
            number = sum(1 for other in self._masks if other.startswith(f"{kind} ")) + 1
            domain = kind == "domain"
            self._masks[key] = f"domain{number:0{self._digits}}" if domain else f"x-{kind}-{number:010}-x"
        mask = self._masks[key]
        self._uses.setdefault(mask, Counter())[original] += 1
        return mask

    def report(self) -> bytes:
        """Give the report that stays with the owner."""
        entries = [
            {
                "canonical": next(iter(uses)),
                "replacedWith": mask,
                "occurrences": [{"original": original, "count": count} for original, count in uses.items()],
            }
            for mask, uses in self._uses.items()
        ]
        body = {"replacements": [entries, []], "omissions": self.omitted, "config": {"obfuscate": []}}
        return yaml.safe_dump(body, indent=4, sort_keys=False).encode()


def masked_accounts(files: Files, account: str, mask: str) -> Files:
    """Give files in which a hand put something else in the place of the account."""
    return {path: data.replace(account.encode(), mask.encode()) for path, data in files.items()}
