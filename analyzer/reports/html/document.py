"""The document: its parts put together by the template, under a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from analyzer.findings.report import LINKS, Report, to_json
from analyzer.patterns import later
from analyzer.reports.formats import Options
from analyzer.reports.inert import inert, rewritten
from analyzer.reports.story import tell
from analyzer.reports.wording import STATE_WORDS, counted, listed, minute

from .anchors import Anchors
from .chains import draw_chains, draw_matrix, drawn
from .findings import draw_findings
from .proof import cited_lines, short
from .timeline import draw_period, draw_timeline
from .verdict import draw_verdict, gap_groups

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
        policy=_policy(),
        style=Markup(_asset("report.css")),  # noqa: S704  (our own file)
        script=Markup(_asset("report.js")),  # noqa: S704  (our own file)
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
        several=len(shown.inputs) > 1,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("analyzer.reports.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": True}
    environment.filters |= {"minute": minute, "listed": listed, "counted": counted, "short": short}
    environment.filters |= {"readable": _readable, "capitalize_first": _capitalized}
    environment.globals |= {"words": STATE_WORDS, "signs": SIGNS}
    environment.tests["safe_link"] = is_safe_link
    return environment.get_template("report.html")


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


@cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text("utf-8")


@cache
def _policy() -> str:
    """Allow our own style and script by their hashes, and nothing else whatever."""

    def allowed(name: str) -> str:
        digest = hashlib.sha256(_asset(name).encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    return (
        f"default-src 'none'; style-src {allowed('report.css')}; script-src {allowed('report.js')}; "
        "base-uri 'none'; form-action 'none'"
    )
