"""The document: its parts put together by the template, under a policy that lets nothing else in."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from jinja2 import Template

from analyzer.findings.report import LINKS, Report, to_json
from analyzer.patterns import later
from analyzer.reports.formats import Options
from analyzer.reports.html.anchors import Anchors
from analyzer.reports.html.chains import draw_chains, draw_matrix, drawn
from analyzer.reports.html.findings import draw_findings
from analyzer.reports.html.page import asset, environment, policy
from analyzer.reports.html.proof import cited_lines, shortened
from analyzer.reports.html.timeline import draw_period, draw_timeline
from analyzer.reports.html.verdict import draw_verdict, gap_groups
from analyzer.reports.inert import inert, rewritten
from analyzer.reports.story import tell
from analyzer.reports.wording import STATE_WORDS, minute

LINK_HOSTS = frozenset(
    {
        "access.redhat.com",
        "aws.amazon.com",
        "datatracker.ietf.org",
        "docs.aws.amazon.com",
        "docs.openshift.com",
        "docs.redhat.com",
        "github.com",
        "kubernetes.io",
        "openid.net",
        "www.rfc-editor.org",
    }
)
"""Hosts that a reference may lead to; any other address is shown as text. A saved report may be anyone's."""

_TIME = later(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

SIGNS = {
    "pass": "✓",
    "fail": "✕",
    "suspected": "?",
    "warn": "!",
    "info": "i",
    "unknown": "?",
    "not-applicable": "–",
    "error": "!",
}


def render_html(report: Report, options: Options) -> str:
    """Write a report as one HTML document without any outer reference.

    Every text of the report is made inert and escaped; the report itself is inside as JSON, in the
    element ``report-json``, exactly as the format json has it.
    """
    # Excerpts stay as they are until they are quoted: their columns count the original characters.
    story = tell(rewritten(report, inert, frozenset({"excerpt"})))
    shown = story.report
    anchors = Anchors.of(story)
    chains = draw_chains(story, anchors)
    by_id = {picture.id: picture for picture in chains}
    return _template().render(
        policy=policy([asset("report.css")], [asset("report.js")]),
        generator=f"{shown.tool.name} {shown.tool.version}",
        style=asset("report.css"),
        script=asset("report.js"),
        report=shown,
        whole=to_json(report),
        story=story,
        anchors=anchors,
        links=LINKS,
        verdict=draw_verdict(story, anchors),
        drawn=[by_id[chain] for chain in drawn(story)],
        chains=chains,
        matrix=draw_matrix(story, anchors),
        sections=draw_findings(story, anchors),
        period=draw_period(story),
        timeline=draw_timeline(story),
        gaps=gap_groups(story),
        cited=cited_lines(story, anchors),
        short=shortened(shown),
        several=len(shown.inputs) > 1,
    )


@cache
def _template() -> Template:
    made = environment()
    made.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": True}
    made.filters |= {"readable": _readable, "capitalize_first": _capitalized}
    made.globals |= {"words": STATE_WORDS, "signs": SIGNS}
    made.tests["safe_link"] = is_safe_link
    return made.get_template("report.html")


def is_safe_link(address: str) -> bool:
    """Tell whether a reference may be a link: https, to a host that documentation is on, nothing hidden."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and parts.netloc in LINK_HOSTS and port is None and " " not in address


def _readable(value: str) -> str:
    """Shorten a value that is a time; every other value stays as it is."""
    return minute(value) if _TIME.fullmatch(value) else value


def _capitalized(text: str) -> str:
    """Begin a sentence with a capital, unless it begins with a name."""
    word = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if word.isalpha() and word.islower() else text
