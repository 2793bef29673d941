"""Writes the generated pages: every rule, every fact that rules may ask about, and a recorded session."""

from __future__ import annotations

import sys
from pathlib import Path

from analyzer.engine import render_rules_markdown, render_vocabulary_markdown
from analyzer.model.vocabulary import SUBJECTS, VOCABULARY
from analyzer.session import built_in_rules
from docs.session import record

FOLDER = Path(__file__).resolve().parent


def pages() -> dict[str, str]:
    """Give the generated pages by file name."""
    return {
        "rules.md": render_rules_markdown(built_in_rules()).rstrip() + "\n",
        "facts.md": render_vocabulary_markdown(VOCABULARY, SUBJECTS).rstrip() + "\n",
        "session.md": record(),
    }


def main() -> int:
    """Write the pages, or with ``--check`` say which are stale."""
    stale = []
    for name, text in pages().items():
        path = FOLDER / name
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name} is stale: run make docs")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
