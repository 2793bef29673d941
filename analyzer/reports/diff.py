"""The difference of two reports as text and as JSON."""

from __future__ import annotations

import json

from analyzer.findings.diff import Difference, FactChange, FindingChange, Lost, VerdictChange
from analyzer.findings.report import SCHEMA_VERSION, to_json
from analyzer.frozen import replace
from analyzer.reports.formats import Options
from analyzer.reports.inert import inert, rewritten
from analyzer.reports.page import NARROWEST, Page
from analyzer.reports.wording import STATE_WORDS, counted, listed, minute

_MOST = 8
"""How many entries of a kind a short answer has."""

_SECTIONS = (
    ("fixed", "fixed", "+"),
    ("new", "new", "-"),
    ("seen", "not visible before", "-"),
    ("changed", "changed", "~"),
    ("lost", "no longer visible, which is no improvement", "?"),
    ("moot", "does not apply any more", "·"),
    ("still", "still there", "="),
)


def render_diff_json(difference: Difference, options: Options) -> str:
    """Write a difference as JSON, with a line end after it."""
    value = to_json(rewritten(difference, inert))
    body = value if isinstance(value, dict) else {}
    return json.dumps({"schema_version": SCHEMA_VERSION, **body}, indent=2, ensure_ascii=False) + "\n"


def render_diff_text(difference: Difference, options: Options) -> str:
    """Write a difference as text, with a line end after it; nothing in it acts on a terminal."""
    page = Page(max(options.width, NARROWEST), options.color, options.ascii, options.verbose)
    difference = rewritten(difference, page.safe)
    proofs = (item.finding.evidence[0].file for item in difference.findings if item.finding.evidence)
    page = replace(page, files=frozenset(proofs))
    parts = [_head(page, difference), _notices(page, difference), _verdicts(page, difference)]
    parts += [_findings(page, difference, *section) for section in _SECTIONS]
    parts += [_lost(page, difference), _facts(page, difference), [_sum(page, difference)]]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _arrow(page: Page) -> str:
    return "->" if page.ascii else "→"


def _head(page: Page, difference: Difference) -> list[str]:
    old, new = difference.old, difference.new
    name = new.cluster.id or old.cluster.id or "not known"
    other = old.cluster.id if old.cluster.id and old.cluster.id != name else None
    arrow = _arrow(page)
    said = [
        f"{other} {arrow} {name}" if other else name,
        f"OCP {old.cluster.version or '?'} {arrow} {new.cluster.version or '?'}",
        f"gathered {_when(old.as_of)} {arrow} {_when(new.as_of)}",
    ]
    return page.paragraph("cluster  ", page.joined(said), "title")


def _notices(page: Page, difference: Difference) -> list[str]:
    lead = f"note     {page.signs.states['warn']} "
    return [line for text in difference.notices for line in page.paragraph(lead, f"{text}.", "warn")]


def _when(stamp: str | None) -> str:
    return minute(stamp) if stamp else "at an unknown time"


def _names(page: Page, difference: Difference, subjects: tuple[str, ...]) -> str:
    names = [difference.names.get(subject, subject) for subject in subjects]
    return listed(names, len(names) if page.verbose else 6)


def _verdicts(page: Page, difference: Difference) -> list[str]:
    if not difference.verdicts:
        return page.paragraph("verdict  ", "the same on every chain", "title")
    lines: list[str] = []
    for change in difference.verdicts:
        text = f"{_verdict(page, change)}: {_names(page, difference, change.chains)}"
        lines += page.paragraph("         " if lines else "verdict  ", text, "title")
    return lines


def _verdict(page: Page, change: VerdictChange) -> str:
    def side(state: str | None, link: str | None) -> str:
        if state is None:
            return "(not there)"
        return page.state(state) + (f" at {link}" if link and state in ("fail", "suspected") else "")

    before, after = side(change.was, change.was_link), side(change.now, change.now_link)
    return f"{before} {_arrow(page)} {after}"


def _findings(page: Page, difference: Difference, change: str, title: str, mark: str) -> list[str]:
    found = [f for f in difference.findings if f.change == change]
    if not found:
        return []
    mark = mark if mark.isascii() or not page.ascii else "-"
    role = {"fixed": "pass", "new": "fail", "seen": "fail", "lost": "unknown"}.get(change, "title")
    lines = [page.paint(f"{title} ({len(found)}):", role)]
    most = len(found) if page.verbose else _MOST
    for item in found[:most]:
        lines += _finding(page, difference, item, mark)
    if found[most:]:
        rules = ", ".join(item.rule for item in found[most:])
        lines.append(page.one_line("  ", f"{page.signs.dots} {len(found) - most} more: {rules} (-v for all)"))
    return lines


def _finding(page: Page, difference: Difference, item: FindingChange, mark: str) -> list[str]:
    state = item.now or item.was or "info"
    words = STATE_WORDS[state]
    if item.change == "changed" and item.was:
        words = f"{STATE_WORDS[item.was]} {_arrow(page)} {words}"
    muted = f" (accepted: {item.finding.muted})" if item.finding.muted is not None else ""
    told = item.change in ("new", "seen", "changed") or page.verbose
    text = item.finding.message if told and len(item.subjects) == 1 else f"{item.finding.title}."
    where = _names(page, difference, item.subjects)
    lead = f"  {mark} {words}[{item.rule}] at {item.link}: "
    lines = page.paragraph(lead, f"{text} ({where}){muted}", state, hang=6)
    if told and item.change in ("new", "seen") and item.finding.evidence:
        proof = item.finding.evidence[0]
        path = proof.file if page.verbose else page.path(proof.file, page.width - 20)
        lines += page.paragraph("      --> ", f"{path}:{proof.line}", "path", hang=10)
    return lines


def _lost(page: Page, difference: Difference) -> list[str]:
    if not difference.lost:
        return []
    lines = [page.paint("judged before, not known now:", "unknown")]
    for item in difference.lost:
        lines += _lost_link(page, difference, item)
    return lines


def _lost_link(page: Page, difference: Difference, item: Lost) -> list[str]:
    rules = listed(list(item.rules), len(item.rules) if page.verbose else 3)
    text = f"{counted(len(item.rules), 'check')} ({rules}) on {_names(page, difference, item.chains)}"
    lines = page.paragraph(f"  ? {item.link}: ", text, "unknown", hang=6)
    commands = item.commands if page.verbose else item.commands[:1]
    return lines + [f"      {page.paint(command, 'command')}" for command in commands]


def _facts(page: Page, difference: Difference) -> list[str]:
    """List what is another value now; what is merely not known any more is summed up."""
    facts = [f for f in difference.facts if page.verbose or f.now is not None]
    most = len(facts) if page.verbose else 2 * _MOST
    lines: list[str] = []
    for fact in facts[:most]:
        lines += page.paragraph("  ~ ", _fact(page, difference, fact), hang=6)
    if facts[most:]:
        lines.append(f"  {page.signs.dots} {len(facts) - most} more: -v for all")
    gone = list(dict.fromkeys(f.name for f in difference.facts if f not in facts))
    if gone:
        lines += page.paragraph(
            "  ? not known any more: ", f"{listed(gone, 8)} (-v for all)", "unknown", hang=6
        )
    return [page.paint("facts:", "title"), *lines] if lines else []


def _fact(page: Page, difference: Difference, fact: FactChange) -> str:
    def side(value: str | None) -> str:
        return "(not known)" if value is None else value or "(empty)"

    whom = f" ({_names(page, difference, fact.chains)})" if fact.chains else ""
    return f"{fact.name}: {side(fact.was)} {_arrow(page)} {side(fact.now)}{whom}"


def _sum(page: Page, difference: Difference) -> str:
    numbers = [(len(difference.of(change)), word) for change, word in (  # type: ignore[arg-type]
        ("fixed", "fixed"), ("new", "new"), ("seen", "not visible before"), ("changed", "changed"),
        ("still", "still there"), ("lost", "no longer visible"), ("moot", "moot"))]  # fmt: skip
    return page.joined([f"{number} {word}" for number, word in numbers if number or word in ("fixed", "new")])
