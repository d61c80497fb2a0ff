"""HTTP/1.1 around the answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from cursus_readiness.objectstore.s3 import elsewhere, service
from cursus_readiness.objectstore.s3.body import Body
from cursus_readiness.objectstore.s3.errors import S3Error
from cursus_readiness.objectstore.s3.listener import Listener
from cursus_readiness.objectstore.s3.request import Request, Response, read_request
from cursus_readiness.objectstore.s3.storage import Storage

Record = Callable[[str, str, str | None, int, int], None]
"""Called with service, operation, URI, status and content bytes, before the answer is sent."""

_BODILESS = (204, 304)
_request_ids = itertools.count(1)


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def setup(self) -> None:
        """Say who this is."""
        super().setup()
        self.storage: Storage = self.server.storage()
        self.record: Record = self.server.record

    def handle_expect_100(self) -> bool:
        """Let the body say when it is wanted."""
        return True

    def log_message(self, format: str, *args: object) -> None:
        """Accesses are recorded elsewhere."""

    def version_string(self) -> str:
        """The ``Server`` header."""
        return "cursus-readiness"

    def _serve(self) -> None:
        body = None
        try:
            body = self._body()
            response = self._answer(read_request(self.command, self.path, self.headers, body))
        except S3Error as error:  # what came is no request
            response = service.refusal(error)
        try:
            self.close_connection = self.close_connection or body is None or not body.finish()
            self._send(response)
        except OSError:  # the client is gone
            self.close_connection = True
        finally:
            if response.file:
                response.file.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 - as http.server has it

    def _body(self) -> Body:
        is_expecting = self.headers.get("Expect", "").lower() == "100-continue"
        return Body(self.rfile, self.headers, self._continue if is_expecting else None)

    def _answer(self, request: Request) -> Response:
        self._refuse_browsers()
        if elsewhere.is_elsewhere(request):
            name, operation = elsewhere.identify(request)
            response = elsewhere.answer(request, name, operation)
            self.record(name, operation, None, response.status, 0)
            return response
        operation, answerer = service.operation_of(request)
        response = service.answer(self.storage, request, answerer)
        self.record("s3", operation, response.uri or request.uri, response.status, response.size_bytes)
        return response

    def _refuse_browsers(self) -> None:
        """Pages of the web can make a browser on this machine send requests here, under their own name or ours."""
        host = self.headers.get("Host", "127.0.0.1").partition(":")[0]
        if host not in ("127.0.0.1", "localhost") or "Origin" in self.headers:
            raise S3Error("AccessDenied", "only programs of this machine are answered, at 127.0.0.1")

    def _continue(self) -> None:
        self.send_response_only(100)
        self.end_headers()

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        headers = {"x-amz-request-id": f"{next(_request_ids):016X}", **response.headers}
        if response.status not in _BODILESS:
            headers.setdefault("Content-Length", str(len(response.content)))
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, _one_line(value))
        self.end_headers()
        if self.command == "HEAD" or response.status in _BODILESS:
            return
        if response.file is None:
            self.wfile.write(response.content)
        elif response.size_bytes:
            sent = self.connection.sendfile(response.file, response.offset_bytes, response.size_bytes)
            self.close_connection = self.close_connection or sent < response.size_bytes


def _one_line(value: str) -> str:
    """A value that ends no header, whatever a client has put into it."""
    return value.replace("\r", " ").replace("\n", " ").encode("latin-1", "replace").decode("latin-1")
