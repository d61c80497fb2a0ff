"""Servers for tests that talk to AWS: a real S3 (Ceph's gateway), moto, and one that answers as it is told."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest

SECRET = "a-secret-of-the-tests-only"
_CONF = """
[global]
fsid = {fsid}
mon initial members = a
mon host = [v2:127.0.0.1:{mon_port}]
auth cluster required = none
auth service required = none
auth client required = none
auth supported = none
ms bind ipv4 = true
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
osd pool default pg autoscale mode = off
mon max pg per osd = 1000
run dir = {folder}
admin socket = {folder}/$name.$pid.asok
pid file = {folder}/$name.pid
log file = {folder}/$name.log
crash dir = {folder}
keyring = {folder}/keyring
[mon.a]
mon data = {folder}/mon
public addr = 127.0.0.1
[osd.0]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {folder}/rgw
rgw enable usage log = false
ms mon client mode = crc
rgw dynamic resharding = false
"""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server answers, and credentials that it takes."""

    url: str
    key: str = "testing"
    secret: str = SECRET

    def client(self, service: str) -> Any:
        """A client of a service, with the credentials."""
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
        )

    def new_bucket(self) -> str:
        """The name of a bucket of one's own."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        client = self.client("s3")
        client.create_bucket(Bucket=name)
        client.close()
        return name


def use(monkeypatch: pytest.MonkeyPatch, server: Server, cache: Path) -> None:
    """Let the tool come to this server, with a cache of its own, and find no other AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    fixed = {
        "AWS_ACCESS_KEY_ID": server.key,
        "AWS_SECRET_ACCESS_KEY": server.secret,
        "AWS_ENDPOINT_URL": server.url,
        "AWS_CONFIG_FILE": str(cache / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(cache / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "READINESS_CACHE": str(cache),
    }
    for name, value in fixed.items():
        monkeypatch.setenv(name, value)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _process(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="session")
def moto() -> Iterator[Server]:
    """Moto in server mode: S3, SageMaker and the rest, with no signature verified."""
    pytest.importorskip("moto", reason="moto is not installed")
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    command = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0")
    with _process(*command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"Running on (http://\S+)", line):
                Thread(target=process.stderr.read, daemon=True).start()  # else it waits for a reader
                yield Server(found[1])
                return
        raise RuntimeError("moto did not start")


@pytest.fixture(scope="session")
def gateway() -> Iterator[Server]:
    """Ceph's S3 gateway over a cluster of one monitor and one store in memory; verifies signatures."""
    missing = [name for name in ("radosgw", "ceph-mon", "ceph-osd", "ceph") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed: apt-get install radosgw ceph-mon ceph-osd")
    if os.geteuid() != 0:
        pytest.skip("Ceph's daemons are started as root")
    folder = Path(f"/tmp/readiness-s3-{uuid.uuid4().hex[:8]}")  # short: it holds sockets
    for name in ("mon", "osd", "rgw"):
        (folder / name).mkdir(parents=True)
    try:
        with ExitStack() as stack:
            yield _start_gateway(folder, stack)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_gateway(folder: Path, stack: ExitStack) -> Server:
    port, mon_port, fsid = free_port(), free_port(), str(uuid.uuid4())
    conf = folder / "ceph.conf"
    conf.write_text(_CONF.format(fsid=fsid, mon_port=mon_port, port=port, folder=folder), encoding="ascii")
    environment = {**os.environ, "CEPH_CONF": str(conf)}

    def run(*command: str) -> None:
        subprocess.run(command, check=True, env=environment, capture_output=True, timeout=60)

    def start(*command: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        stack.enter_context(_process(*command, env=environment, **quiet))

    (folder / "keyring").touch()
    run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{mon_port}]", "--fsid", fsid, str(folder / "monmap"))
    run("ceph-mon", "-i", "a", "--mkfs", "--monmap", str(folder / "monmap"), "--keyring", str(folder / "keyring"))
    start("ceph-mon", "-f", "-i", "a")
    store = str(uuid.uuid4())
    run("ceph", "osd", "new", store)
    run("ceph", "osd", "crush", "add-bucket", "h", "host")
    run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", store)
    start("ceph-osd", "-f", "-i", "0")
    start("radosgw", "-f", "-n", "client.rgw")
    user = ("--uid=t", "--display-name=t", "--access-key=testing", f"--secret-key={SECRET}")
    _await(port)
    run("radosgw-admin", "-n", "client.rgw", "user", "create", *user)
    return Server(f"http://127.0.0.1:{port}")


def _await(port: int) -> None:
    """Until somebody listens; a daemon of another's says so in no other way."""
    for _ in range(600):
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the gateway did not start")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """``bucket/key``, without the query."""
        return urllib.parse.unquote(self.path.partition("?")[0]).strip("/")

    @property
    def operation(self) -> str:
        """Of SageMaker: ``ListPipelineExecutionSteps``, say."""
        return self.headers.get("X-Amz-Target", "").rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; with ``sent_ratio`` below 1 the connection is cut in the middle of the body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] | None = None
    sent_ratio: float = 1.0


def s3_error(status: int, code: str, **headers: str) -> Answer:
    """An error as S3 answers it."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>told by the tests</Message></Error>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, body.encode(), {"Content-Type": "application/xml", **named})


@contextmanager
def interceptor(behind: Server | None, intercept: Callable[[Request], Answer | None]) -> Iterator[Server]:
    """A server that asks ``intercept`` what to answer, and the one behind it where that says nothing."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            with suppress(ConnectionError):  # of a client that has heard enough
                self.answer()

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, self.path, dict(self.headers.items()), body)
            answer = intercept(request) or _forwarded(behind, request)
            headers = dict(answer.headers or {})
            length = headers.pop("Content-Length", str(len(answer.body)))
            self.send_response(answer.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", length)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body[: int(len(answer.body) * answer.sent_ratio)])
            self.close_connection = answer.sent_ratio < 1

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 - as the base class calls them

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Server(f"http://127.0.0.1:{server.server_address[1]}")
        finally:
            server.shutdown()


def _forwarded(behind: Server | None, request: Request) -> Answer:
    if behind is None:
        return s3_error(501, "NotImplemented")
    connection = http.client.HTTPConnection(behind.url.removeprefix("http://"), timeout=30)
    try:
        connection.request(request.method, request.path, body=request.body or None, headers=dict(request.headers))
        found = connection.getresponse()
        dropped = ("transfer-encoding", "connection", "date", "server")
        headers = {name: value for name, value in found.getheaders() if name.lower() not in dropped}
        return Answer(found.status, found.read(), headers)
    finally:
        connection.close()
