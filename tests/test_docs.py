"""The pages say what the program does: their commands run, their links and their examples hold."""

import json
import re
import shlex
import shutil
import tarfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from analyzer.cli.app import app
from analyzer.engine import load_rules
from analyzer.engine.parser import FUNCTIONS, METHODS, QUANTIFIERS
from analyzer.engine.ruleschema import rule_schema
from analyzer.engine.selftest import run_rule_tests
from analyzer.model.vocabulary import SUBJECTS, VOCABULARY
from analyzer.schemas import schema

ROOT = Path(__file__).resolve().parents[1]
GENERATED = ("rules.md", "facts.md", "session.md")
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "samples/rule-pack/README.md")),
    *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name not in GENERATED),
]
SAMPLE = ROOT / "samples" / "trust-wrong-service-account"
ROLE = "exports/iam/get-role-demo-openshift-ingress-operator-cloud-credentials.json"
NOT_RUN = (
    "export-aws", "--install-completion", "--show-completion", "--cluster", "s3://archive/cases",
    "s3://archive/cases/0042/mg.tar.gz",
)  # fmt: skip
"""Commands that call AWS or other hosts, or change the user's shell: only their options are looked up."""
OTHERS = (
    "make", "pipx", "podman", "python3", "sh", "aws", "curl", "jq", "mkdir", "dask", "sts-doctor/bin/pip",
)  # fmt: skip
"""Programs that the pages name beside ours."""


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)


def commands(page: Path) -> list[str]:
    """Give the command lines of a page, without the remarks behind them."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    return [re.split(r"\s+#\s", line)[0].strip() for line in lines if line.strip()]


def runs(line: str) -> bool:
    """Whether a command line is ours, and touches nothing but files."""
    words = line.split()
    away = any(word in NOT_RUN or word.startswith("s3://") for word in words)
    return words[0] == "sts-doctor" and not away


WITH_COMMANDS = [page for page in PAGES if any(c.startswith("sts-doctor ") for c in commands(page))]


@pytest.fixture(scope="module")
def at_hand(tmp_path_factory: pytest.TempPathFactory, made_once: None) -> Path:
    """Lay out, under the names that the pages use, what a reader would have at hand."""
    folder = tmp_path_factory.mktemp("reader")
    for name in ("bundle", "cases/one", "cases/two"):
        shutil.copytree(SAMPLE / "must-gather", folder / name)
    shutil.copytree(SAMPLE / "exports", folder / "exports")
    shutil.copytree(SAMPLE, folder / "case")
    shutil.copytree(SAMPLE / "exports" / "credrequests", folder / "credrequests")
    for name in ("must-gather.tar.gz", "before.tar.gz", "after.tar.gz", "sts-collect-1.tar.gz"):
        with tarfile.open(folder / name, "w:gz", compresslevel=1) as archive:
            archive.add(SAMPLE / ("exports" if "collect" in name else "must-gather"), "held")
    (folder / "samples").symlink_to(ROOT / "samples")
    (folder / "my-rules" / "trust").mkdir(parents=True)
    rule = blocks(ROOT / "docs" / "writing-rules.md", "yaml")[0]
    (folder / "my-rules" / "trust" / "our-session-length.yaml").write_text(rule, encoding="utf-8")
    for source, name in ((ROLE, "get-role.json"), ("exports/issuer/keys.json", "keys.json")):
        shutil.copy(SAMPLE / source, folder / name)
    (folder / "token").write_text(
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJodHRwczovL2V4YW1wbGUuY29tIn0", encoding="ascii"
    )
    trust = {"id": "1", "trustPolicy": {"Statement": []}, "providerArn": "arn:aws:iam::1:oidc-provider/x",
             "claims": {"iss": "https://x", "sub": "s", "aud": "a"}}  # fmt: skip
    policy = {"id": "1", "request": {"action": "s3:GetObject", "resource": "*"}, "identityPolicies": []}
    for name, line in (("trust.jsonl", trust), ("policy.jsonl", policy)):
        (folder / name).write_text(f"{json.dumps(line)}\n", encoding="utf-8")
    saved = CliRunner().invoke(app, ["analyze", str(folder / "case"), "-f", "json"]).stdout
    (folder / "report.json").write_text(saved, encoding="utf-8")
    return folder


@pytest.fixture
def case(at_hand: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of it to work in."""
    monkeypatch.chdir(shutil.copytree(at_hand, tmp_path / "reader", symlinks=True))
    return tmp_path / "reader"


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_run(page: Path, case: Path) -> None:
    runner = CliRunner()
    for line in commands(page):
        if not runs(line):
            continue
        body, _, into = line.partition(" > ")
        body, _, source = body.partition(" < ")
        arguments = [hit for word in shlex.split(body)[1:] for hit in expanded(word)]
        result = runner.invoke(app, arguments, input=(case / source).read_text("utf-8") if source else None)
        assert result.exit_code in (0, 1, 4), f"{line}: {result.exit_code}: {result.stderr}{result.exception}"
        if into:
            (case / into).write_text(result.stdout, encoding="utf-8")


def expanded(word: str) -> list[str]:
    return sorted(str(p) for p in Path().glob(word)) or [word] if "*" in word else [word]


def test_options_of_commands_that_are_not_run_exist() -> None:
    root = get_command(app)
    lines = [c for page in PAGES for c in commands(page) if c.startswith("sts-doctor ") and not runs(c)]
    assert lines
    for line in lines:
        words = shlex.split(line)[1:]
        command = root.commands.get(words[0], root)  # type: ignore[attr-defined]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known, line


def test_the_readme_names_every_command() -> None:
    shown = " ".join(commands(ROOT / "README.md"))
    readme = text(ROOT / "README.md")
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        assert f"sts-doctor {name}" in shown, name
        for inner in getattr(command, "commands", {}):
            assert f"{name} {inner}" in shown or re.search(rf"{name} .*#.*\b{inner}\b", readme), (name, inner)


def test_other_programs_are_known_and_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    for page in PAGES:
        for line in commands(page):
            program = line.split()[0]
            assert program in (*OTHERS, "sts-doctor"), f"{page.name}: {line}"
            if program == "make":
                assert line.split()[1] in targets, f"{page.name}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    bare = re.sub(r"^```.*?^```", "", text(page), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", bare):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", text(file), re.MULTILINE)
            assert anchor in [h.lower().replace(" ", "-") for h in headings], f"{page.name}: {target}"
    for path in re.findall(r"`((?:docs|samples|analyzer|tests|release)/[\w./-]+|[A-Z]+\.md)`", bare):
        assert (ROOT / path).exists(), f"{page.name}: {path}"
    for command in re.findall(r"`sts-doctor ([a-z][a-z-]*)", bare):
        assert command in get_command(app).commands, f"{page.name}: {command}"  # type: ignore[attr-defined]


def test_the_install_page_names_the_extras() -> None:
    (line,) = [row for row in text(ROOT / "docs" / "install.md").splitlines() if row.startswith("Extras:")]
    project = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
    assert set(re.findall(r"`(\w+)` for", line)) == set(project["optional-dependencies"])


def test_every_page_is_linked_from_the_readme() -> None:
    readme = text(ROOT / "README.md")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"](docs/{page.name})" in readme, f"give {page.name} a row in the README"


def test_the_library_example_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (example,) = blocks(ROOT / "docs" / "library.md", "python")
    names: dict[str, object] = {}
    exec(compile(example, "docs/library.md", "exec"), names)  # noqa: S102 - our own page
    shown = capsys.readouterr().out
    assert "ingress: fail at trust" in shown
    assert "get-role-demo-openshift-ingress-operator-cloud-credentials.json:" in shown
    assert "aws iam update-assume-role-policy" in shown
    assert "trust-subject-mismatch" in str(names["text"])


def test_the_library_takes_times_and_paths_as_the_command_line_does() -> None:
    from analyzer import DoctorError, Options, analyze

    plain, zoned = (
        analyze(SAMPLE, Options(as_of=datetime(2024, 3, 13, tzinfo=zone))) for zone in (None, UTC)
    )
    assert plain == zoned
    for paths in ("", [""], [SAMPLE, ""], []):
        with pytest.raises(DoctorError, match=r"the path is empty|no path given"):
            analyze(paths)


def test_the_library_page_names_what_is_exported() -> None:
    import analyzer

    page = text(ROOT / "docs" / "library.md")
    for name in analyzer.__all__:
        assert name == "__version__" or f"`{name}" in page, name
        assert getattr(analyzer, name)
    with pytest.raises(AttributeError, match="judge"):
        _ = analyzer.judge  # type: ignore[attr-defined]


def test_the_schema_page_names_every_field() -> None:
    page = text(ROOT / "docs" / "json-schema.md")
    named = set(re.findall(r"`(\w+)(?:\[\])?`", page))
    whole = schema()
    parts = [whole, *whole["$defs"].values()]  # type: ignore[attr-defined]
    fields = {field for part in parts for field in part.get("properties", {})}
    assert fields - named == set()


def test_the_first_rule_passes_its_tests(tmp_path: Path) -> None:
    rule = blocks(ROOT / "docs" / "writing-rules.md", "yaml")[0]
    file = tmp_path / "trust" / f"{yaml.safe_load(rule)['id']}.yaml"
    file.parent.mkdir()
    file.write_text(rule, encoding="utf-8")
    results = run_rule_tests(load_rules([tmp_path], VOCABULARY))
    assert len(results) == 3
    assert all(result.passed for result in results)


def test_the_rule_page_names_every_key_and_function() -> None:
    page = text(ROOT / "docs" / "writing-rules.md")
    for key in rule_schema(VOCABULARY)["properties"]:  # type: ignore[attr-defined]
        assert f"| `{key}`" in page or f"`{key}`, " in page or f", `{key}`" in page, key
    for name in (*FUNCTIONS, *METHODS, *QUANTIFIERS, "has", "known"):
        assert f"{name}(" in page, name


def test_every_kind_of_subject_is_told() -> None:
    assert set(SUBJECTS) == set(VOCABULARY)


def test_every_extra_is_told() -> None:
    extras = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["optional-dependencies"]
    page = text(ROOT / "docs" / "install.md")
    assert [name for name in extras if f"`{name}`" not in page] == []


def test_the_container_is_run_as_the_page_says() -> None:
    head = text(ROOT / "Containerfile")
    (run,) = (c for c in commands(ROOT / "docs" / "install.md") if c.startswith("podman run"))
    assert run in re.sub(r" \\\n#\s+", " ", head)
    assert re.search(r"^USER (?!0\b|root)\S+", head, re.MULTILINE)


def test_the_lines_of_the_inspect_page_are_decided_as_it_says() -> None:
    from analyzer.iam.lines import evaluate_policy_line, evaluate_trust_line

    page = ROOT / "docs" / "inspect.md"
    trust, request = map(json.loads, blocks(page, "json"))
    denied, allowed = evaluate_trust_line(trust), evaluate_policy_line(request)
    assert (denied["allowed"], allowed["decision"]) == (False, "Allowed")
    named = set(re.findall(r"`(\w+)`", text(page)))
    assert {*denied, *allowed} <= named


def test_make_help_names_every_target() -> None:
    makefile = text(ROOT / "Makefile")
    targets = set(re.findall(r"^([a-z-]+):(?!=)", makefile, re.MULTILINE)) - {"help"}
    assert targets == set(re.findall(r'@echo "make ([a-z-]+) ', makefile))
