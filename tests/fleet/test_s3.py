"""s3:// inputs against a simulated S3 on loopback, through a server that breaks streams and throttles."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from analyzer.bundle import s3

from .conftest import SAMPLES, cli, table

boto3 = pytest.importorskip("boto3")
moto_server = pytest.importorskip("moto.server")
serving = pytest.importorskip("werkzeug.serving")

BUCKET = "archive"
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
SLOW = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


@dataclass
class Server:
    """Moto's S3, and what goes wrong with it."""

    inner: Callable[..., Iterable[bytes]]
    requests: list[str] = field(default_factory=list)
    breaks: dict[str, int] = field(default_factory=dict)
    """Object → how many of its streams end after half of what was announced."""
    slow: int = 0
    """How many requests are throttled."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        name = path.removeprefix(f"/{BUCKET}/")
        self.requests.append(f"{environ['REQUEST_METHOD']} {path}?{environ['QUERY_STRING']}")
        if self.slow > 0:
            self.slow -= 1
            start_response(
                "503 Slow Down", [("Content-Type", "text/xml"), ("Content-Length", str(len(SLOW)))]
            )
            return [SLOW]
        answer = self.inner(environ, start_response)
        if environ["REQUEST_METHOD"] != "GET" or self.breaks.get(name, 0) <= 0:
            return answer
        self.breaks[name] -= 1
        return _half(b"".join(answer))


def _half(body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise ConnectionAbortedError


def _files(folder: Path) -> list[Path]:
    """Give what is stored: archives with what lies beside them, and an unpacked bundle without its pods."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if "/0042/exports/" not in str(path) and "/pods/" not in str(path)]


@pytest.fixture(scope="module")
def storage(archive: Path) -> Iterator[Server]:
    server = Server(moto_server.DomainDispatcherApplication(moto_server.create_backend_app))
    made = serving.make_server("127.0.0.1", 0, server, threaded=True)
    made.RequestHandlerClass.log = lambda *_: None
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{made.server_port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_CONFIG_FILE", "/dev/null")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        patch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "50")  # so that every listing has pages
        patch.setattr(s3, "_PAUSE", 0.01)
        s3._client_of.cache_clear()
        client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{made.server_port}", **KEYS)
        client.create_bucket(Bucket=BUCKET)
        for file in _files(archive):
            client.put_object(Bucket=BUCKET, Key=f"all/{file.relative_to(archive)}", Body=file.read_bytes())
        yield server
    made.shutdown()
    made.server_close()
    thread.join()
    s3._client_of.cache_clear()


@pytest.fixture
def server(storage: Server) -> Server:
    storage.requests.clear()
    storage.breaks.clear()
    storage.slow = 0
    return storage


def report(*words: object) -> dict[str, Any]:
    done = cli("analyze", "-f", "json", *words)
    assert done.exit_code in (0, 1), done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def without_place(found: dict[str, Any]) -> dict[str, Any]:
    inputs = [{**i, "sha256": None} for i in found["inputs"]]
    return {**found, "inputs": inputs}


def gets(server: Server, name: str) -> int:
    return sum(line.startswith(f"GET /{BUCKET}/all/{name}?") for line in server.requests)


def test_an_object_is_read_as_its_file_is(server: Server, archive: Path) -> None:
    there = report(f"s3://{BUCKET}/all/issuer-unset.tar")
    assert without_place(there) == without_place(report(archive / "issuer-unset.tar"))
    assert there["chains"]


@pytest.mark.parametrize("name", ["bundle-only.tar.gz", "issuer-unset.tar"])
def test_a_broken_stream_goes_on_where_it_broke(server: Server, archive: Path, name: str) -> None:
    whole = without_place(report(archive / name))
    server.breaks[f"all/{name}"] = 3
    server.slow = 1
    assert without_place(report(f"s3://{BUCKET}/all/{name}")) == whole
    assert server.breaks[f"all/{name}"] == 0


def test_a_stream_that_always_breaks_is_no_finding(server: Server, tmp_path: Path) -> None:
    address = f"s3://{BUCKET}/all/bundle-only.tar.gz"
    server.breaks["all/bundle-only.tar.gz"] = 10**6
    done = cli("analyze", address)
    assert (done.exit_code, "the stream broke 6 times" in done.output) == (3, True)
    done = cli("scan", address, "--db", tmp_path / "f.sqlite", "-q")
    assert done.exit_code == 6
    ((outcome, tries, path, reason),) = table(
        tmp_path / "f.sqlite", "SELECT outcome, tries, path, reason FROM bundles"
    )
    assert (outcome, tries, path) == ("unreadable", 3, address), reason


def test_one_object_is_asked_for_once(server: Server) -> None:
    report(f"s3://{BUCKET}/all/bundle-only.tar.gz")
    assert gets(server, "bundle-only.tar.gz") == 2  # to see what it is, and to read it


def test_a_prefix_is_read_as_its_folder_is(server: Server, archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "must-gather"
    for file in _files(archive / "cases" / "0042"):
        copy = tmp_path / file.relative_to(archive / "cases" / "0042")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.hardlink_to(file)
    there = report(f"s3://{BUCKET}/all/cases/0042/must-gather")
    assert without_place(there) == without_place(report(folder))
    assert there["chains"]
    assert any("continuation-token" in line for line in server.requests)


def test_a_scan_of_a_bucket_has_the_same_rows(
    server: Server, database: Path, archive: Path, tmp_path: Path
) -> None:
    """A bundle with what lies beside it, one by itself, and a file that is none."""
    server.slow = 2
    remote, db = f"s3://{BUCKET}/all", tmp_path / "f.sqlite"
    names = ("cases/0043", "bundle-only.tar.gz", "garbage.tar.gz")
    paths = [f"{remote}/{name}" for name in names]
    cli("scan", *paths, "--db", db, "-q", "-j", 1, code=1)
    query = "SELECT path, outcome, verdict, link, rule, sentence, chains, gaps, alone, exit_code FROM bundles"

    def rows(place: Path, root: str) -> set[tuple[object, ...]]:
        every = {(str(path).removeprefix(f"{root}/"), *row) for path, *row in table(place, query)}
        return {row for row in every if row[0].startswith(names)}

    assert rows(db, remote) == rows(database, str(archive))
    assert len(rows(db, remote)) == len(names)
    before = len(server.requests)
    assert cli("scan", *paths, "--db", db, "-q").exit_code == 0
    assert not any("mg.tar.gz" in line for line in server.requests[before:] if "list-type" not in line)
    assert table(db, "SELECT max(tries) FROM bundles") == [(1,)]


def test_zip_is_read_by_its_directory(server: Server, tmp_path: Path) -> None:
    packed = shutil.make_archive(str(tmp_path / "mg"), "zip", SAMPLES / "mint-mode" / "must-gather")
    client = boto3.client("s3", **KEYS)
    client.upload_file(packed, BUCKET, "zips/mg.zip")
    there = report(f"s3://{BUCKET}/zips/mg.zip")
    assert without_place(there) == without_place(report(packed))


def test_an_object_that_changes_while_it_is_read_is_not_mixed(server: Server) -> None:
    client = boto3.client("s3", **KEYS)
    client.put_object(Bucket=BUCKET, Key="changing", Body=b"a" * (3 << 20))
    stored = s3.find_object(Path(f"s3://{BUCKET}/changing"))
    assert stored is not None
    server.breaks["changing"] = 1
    with s3.open_object(stored) as file:
        assert file.read(10) == b"a" * 10
        client.put_object(Bucket=BUCKET, Key="changing", Body=b"b" * (3 << 20))
        with pytest.raises(OSError, match="changed meanwhile"):
            file.read()


@pytest.mark.parametrize(("address", "code", "text"), [
    ("s3://nobody/x", 3, "NoSuchBucket"),
    (f"s3://{BUCKET}/nothing", 3, "nothing is stored"),
    (f"s3://{BUCKET}/al", 3, "nothing is stored"),
])  # fmt: skip
def test_what_is_not_there(server: Server, address: str, code: int, text: str) -> None:
    done = cli("analyze", address)
    assert (done.exit_code, text in done.output) == (code, True), done.output


def test_without_credentials(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3._client_of.cache_clear()
    try:
        done = cli("analyze", f"s3://{BUCKET}/all")
        assert (done.exit_code, "no AWS credentials" in done.output) == (2, True)
    finally:
        s3._client_of.cache_clear()
