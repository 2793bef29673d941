"""No socket, no foreign process, nothing written but the named outputs: asked of the interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from samples.bundle import write_files
from samples.scenarios import SCENARIOS

ROOT = Path(__file__).resolve().parents[2]
_HOOK = """
import os, sys
def hook(event, args):
    if event.split('.')[0] in ('socket', 'subprocess', 'ftplib', 'http', 'urllib', 'ctypes', 'pty'):
        seen.append(f'{event} {args[:2]!r:.200}')
    elif event in ('os.exec', 'os.system', 'os.posix_spawn', 'os.fork', 'os.forkpty'):
        seen.append(f'{event} {args[:2]!r:.200}')
    elif event == 'open' and isinstance(args[0], (str, bytes)) and writes(args):
        seen.append(f'write {os.path.abspath(os.fsdecode(args[0]))}')
    elif event in ('os.mkdir', 'os.remove', 'os.chmod', 'os.truncate', 'os.rmdir', *pairs):
        for name in args[:2 if event in pairs else 1]:
            seen.append(f'write {os.path.abspath(os.fsdecode(name))}')
def writes(args):
    flags = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    return any(c in (args[1] or 'r') for c in 'wax+') or bool((args[2] or 0) & flags)
pairs = ('os.rename', 'os.link', 'os.symlink')
seen = []
sys.addaudithook(hook)
import atexit
atexit.register(lambda: os.write(int(os.environ['AUDIT']), '\\n'.join(seen).encode()))
import json
from analyzer.cli.app import app
for arguments in json.loads(sys.argv[1]):
    seen.append(f'# {arguments[0]}')
    try:
        app(arguments, prog_name='sts-doctor')
    except SystemExit as end:
        assert end.code in (0, 1), (arguments, end.code)
"""


def seen_in(folder: Path, *commands: tuple[str | Path, ...]) -> list[str]:
    """Run commands under the hook; give what they did beside reading."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as told:
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(ROOT), "AUDIT": str(writer),
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        result = subprocess.run(
            [sys.executable, "-c", _HOOK, json.dumps(commands, default=str)],
            capture_output=True, text=True, timeout=100, check=False, cwd=folder, env=environment,
            pass_fds=(writer,),
        )  # fmt: skip
        os.close(writer)
        assert result.returncode == 0, result.stderr
        lines = told.read().split("\n")
    assert len([line for line in lines if line.startswith("# ")]) == len(commands), lines
    return [line for line in lines if line and not line.startswith("# ") and not line.endswith("/dev/null")]


def test_commands_open_no_socket_start_nothing_and_write_only_what_is_named(tmp_path: Path) -> None:
    bundle = tmp_path / "in"
    write_files(bundle, dict(SCENARIOS["trust-wrong-service-account"].files()))
    releases = next(path for path in bundle.rglob("credrequests") if path.is_dir())
    out = tmp_path / "out"
    out.mkdir()
    report = out / "r.json"
    did = seen_in(
        tmp_path,
        ("analyze", bundle, "-f", "json", "-o", report, "-f", "html", "-o", out / "r.html"),
        ("upgrade", bundle, "--to", releases), ("facts", bundle),
        ("collect", bundle, "-f", "sh", "-o", out / "c.sh"), ("fix", bundle, "-o", out / "fix"),
        ("diff", report, report), ("render", report, "-f", "sarif"),
    )  # fmt: skip
    assert any(f"write {out}" in line for line in did), "the hook sees what is written"
    assert [line for line in did if not line.startswith(f"write {out}")] == []
    assert json.loads(report.read_text())["exit_code"] == 1
    for path in (path for path in out.rglob("*") if path.is_file()):
        assert path.stat().st_mode & 0o077 == 0, f"{path} can be read by others"


def test_a_scan_starts_workers_of_its_own_alone(tmp_path: Path) -> None:
    bundle = tmp_path / "in" / "one"
    write_files(bundle, dict(SCENARIOS["bundle-only"].files()))
    out = tmp_path / "out"
    out.mkdir()
    for line in seen_in(tmp_path, ("scan", tmp_path / "in", "--db", out / "s.db", "-j", "1", "-q")):
        ours = line.startswith((f"write {out}", "os.fork")) or sys.executable in line
        assert ours or line.startswith(("socket.__new__", "write /dev/shm", "write /tmp/")), line
    assert (out / "s.db").stat().st_mode & 0o077 == 0
