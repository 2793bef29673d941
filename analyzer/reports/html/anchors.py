"""The names of places in the page: the same report always gives the same ones, so that links hold."""

from __future__ import annotations

from collections import Counter

from analyzer.findings.report import Finding
from analyzer.frozen import frozen
from analyzer.reports.story import Story


@frozen
class Anchors:
    """Anchors of findings and chains, made of digits and letters alone."""

    findings: dict[int, str]
    chains: dict[str, str]
    rules: dict[str, str]

    @classmethod
    def of(cls, story: Story) -> Anchors:
        """Name findings by fingerprint, numbered where one stands twice, and chains by their order."""
        seen: Counter[str] = Counter()
        findings: dict[int, str] = {}
        rules: dict[str, str] = {}
        for finding in story.report.findings:
            stem = "".join(c for c in finding.fingerprint if c.isascii() and c.isalnum())[:32]
            seen[stem] += 1
            name = f"f-{stem}" + (f"-{seen[stem]}" if seen[stem] > 1 else "")
            findings[id(finding)] = name
            rules.setdefault(finding.rule, name)
        chains = {chain.id: f"chain-{number}" for number, chain in enumerate(story.report.chains, 1)}
        return cls(findings, chains, rules)

    def finding(self, finding: Finding) -> str:
        """Give the anchor of a finding of the report that these anchors were made of."""
        return self.findings[id(finding)]
