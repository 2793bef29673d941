"""The data folder beside the checkout: real bundles, exports and policies. Tests that read it are marked.

Where it is absent, a test with the mark ``shared`` is skipped.
"""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
BUNDLE = DATA / "must-gather" / "must-gather-aws.tar.xz"
"""A must-gather of a mint cluster on AWS, of CI: it does not use STS."""
