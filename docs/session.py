"""Records docs/session.md: a whole case, with what the program really prints.

The case is the sample trust-wrong-service-account, handed in as a support engineer gets it: the bundle
first, as an archive, and what the customer exported afterwards.
"""

from __future__ import annotations

import contextlib
import shlex
import shutil
import tarfile
import tempfile
from pathlib import Path

from typer.testing import CliRunner

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "trust-wrong-service-account"
TRUST = "repairs/trust/demo-openshift-ingress-operator-cloud-credentials.json"

HEAD = """# A case, from the first look to the repair

What stands below is what the program prints; `make docs` records it anew. The cluster is the sample
`samples/trust-wrong-service-account`.
"""

STEPS: tuple[tuple[str, str], ...] = (
    (
        "The customer writes that the ingress operator is degraded, and sends a must-gather."
        " The bundle alone shows that something is broken and since when. It cannot prove why: what AWS holds"
        " is not in it.",
        "sts-doctor analyze must-gather.tar.gz",
    ),
    (
        "So the customer gets a script that only reads, made for this case, and runs it where `oc` and `aws`"
        " work.",
        "sts-doctor collect must-gather.tar.gz -f sh -o collect.sh",
    ),
    (
        "What comes back goes beside the bundle, as an archive or unpacked. Now the cause is proven: file,"
        " line, and the characters that differ.",
        "sts-doctor analyze must-gather.tar.gz exports/",
    ),
    (
        "The repair, as a document and the commands that apply it. It was judged by the same rules before it"
        " was offered.",
        "sts-doctor fix must-gather.tar.gz exports/ -o repairs/",
    ),
    ("", f"cat {TRUST}"),
    (
        "What goes into the support case, without paths of ours.",
        "sts-doctor analyze must-gather.tar.gz exports/ -f case",
    ),
    (
        "After the repair the customer sends a new must-gather:"
        " `sts-doctor diff must-gather.tar.gz after.tar.gz` says what is fixed, what is still there, and what"
        " can no longer be judged.",
        "",
    ),
)


def record() -> str:
    """Run the steps in an empty directory and give the page."""
    parts = [HEAD]
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        with tarfile.open("must-gather.tar.gz", "w:gz") as archive:
            archive.add(SAMPLE / "must-gather", "must-gather")
        shutil.copytree(SAMPLE / "exports", "exports")
        for text, command in STEPS:
            parts += [f"{text}\n"] if text else []
            parts += [f"```\n$ {command}\n{_run(command)}```\n"] if command else []
    return "\n".join(parts)


def _run(command: str) -> str:
    program, *arguments = shlex.split(command)
    if program == "cat":
        return Path(arguments[0]).read_text(encoding="utf-8")
    from analyzer.cli.app import app

    result = CliRunner().invoke(app, arguments, env={"COLUMNS": None, "STS_DOCTOR_CONFIG": None})
    if result.exit_code not in (0, 1):
        raise RuntimeError(f"{command}: ended with {result.exit_code}: {result.stderr}")
    return result.stdout
