"""An endpoint by which those who run a process ask whether it is well. Tells nothing that is secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from loadstone.errors import ConfigurationError
from loadstone.platform.background import BackgroundThread

__all__ = ["Answer", "HealthServer"]

_PLAIN = "text/plain; charset=utf-8"
#: Seconds that a caller may take over its request.
_PATIENCE = 10


class Answer(NamedTuple):
    """What is said to a caller: the status, the text, and what kind of text it is."""

    status: HTTPStatus
    text: str
    content_type: str = _PLAIN


class HealthServer:
    """Answers GET and HEAD, each path by a function.

    Args:
        host: address to listen on; empty for all of this machine.
        port: 0 for any that is free.
        routes: path -> what answers; called by several threads at once.

    Raises:
        ConfigurationError: the port is taken, or not ours to take.
    """

    def __init__(self, host: str, port: int, routes: Mapping[str, Callable[[], Answer]]) -> None:
        handler = type("_RoutedHandler", (_Handler,), {"routes": routes})
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            raise ConfigurationError(
                f"port {port} cannot be listened on: {(error.strerror or str(error)).lower()}",
                where="--health-port",
                hint="choose another one",
            ) from error
        self._server.daemon_threads = True
        self._thread = BackgroundThread(self._server.serve_forever, "health")
        self._thread.start()

    @property
    def port(self) -> int:
        """That it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Listens no longer."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    routes: Mapping[str, Callable[[], Answer]]
    timeout = _PATIENCE
    server_version = "loadstone"
    sys_version = ""

    def do_GET(self) -> None:
        self._send(self._answer(), with_text=True)

    def do_HEAD(self) -> None:
        self._send(self._answer(), with_text=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Says nothing: probes come every few seconds."""

    def _answer(self) -> Answer:
        route = self.routes.get(self.path.partition("?")[0])
        if route is None:
            return Answer(HTTPStatus.NOT_FOUND, f"there is {', '.join(self.routes)}\n")
        try:
            return route()
        except Exception as error:  # noqa: BLE001 - a caller is told, and the process goes on
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, f"{type(error).__name__}\n")

    def _send(self, answer: Answer, *, with_text: bool) -> None:
        body = answer.text.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if with_text:
            self.wfile.write(body)
