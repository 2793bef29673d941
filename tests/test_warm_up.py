"""What is made before processes are forked is found there by each of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from analyzer.session import built_in_rules

ROOT = Path(__file__).resolve().parents[1]

WARM = """
import sys
from pathlib import Path
from analyzer import patterns, session
from analyzer.options import Options

session.warm_up(Options())
loaded = set(sys.modules)
unread = [p for p in patterns._WRITTEN if p._compiled is None]
uncompiled = [r.id for r in session.built_in_rules().rules if r.check._closure is None]
session.analyze([Path(sys.argv[1])])
late = sorted(name for name in set(sys.modules) - loaded if name.startswith(("analyzer", "cryptography")))
print(len(unread), uncompiled, late)
"""


def test_an_analysis_after_it_loads_and_compiles_nothing_more() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WARM, "samples/bundle-only"], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "0 [] []\n"


def test_a_pack_is_loaded_once_and_again_when_it_changes(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(ROOT / "samples" / "rule-pack", pack)
    first = built_in_rules((pack,))
    assert built_in_rules((pack,)) is first
    rule = next(pack.rglob("*.yaml"))
    rule.write_text(rule.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert built_in_rules((pack,)).sha256 != first.sha256
