"""Objects of a folder by S3's GET and HEAD, fast: what a load from a bucket is measured against.

    python -m benchmarks.object_server FOLDER

Emulators are made to be right, not fast; this one sends files as the kernel can, whole or in ranges, pinned
by `If-Match`. It prints its URL, and stops when its standard input ends.
"""

from __future__ import annotations

import re
import sys
import threading
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["serve"]

_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path

    def do_HEAD(self) -> None:  # the base class's names
        """An object's facts."""
        self._answer(with_body=False)

    def do_GET(self) -> None:
        """An object, or a range of it."""
        self._answer(with_body=True)

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _answer(self, *, with_body: bool) -> None:
        # the first part of the path is the bucket
        path = self.folder / self.path.partition("?")[0].lstrip("/").partition("/")[2]
        if not path.is_file():
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        facts = path.stat()
        etag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
        if self.headers.get("If-Match", etag) not in {etag, "*"}:
            self._refuse(HTTPStatus.PRECONDITION_FAILED)
            return
        start, end = 0, facts.st_size
        asked = _RANGE.match(self.headers.get("Range", ""))
        if asked:
            start = int(asked[1])
            end = min(int(asked[2]) + 1, end) if asked[2] else end
        self.send_response(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{facts.st_size}")
        self.send_header("Content-Length", str(end - start))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", formatdate(facts.st_mtime, usegmt=True))
        self.end_headers()
        if with_body:
            self.wfile.flush()
            with path.open("rb") as file:
                self.connection.sendfile(file, start, end - start)

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def serve(folder: Path) -> ThreadingHTTPServer:
    """A server of the folder's files on a free port of 127.0.0.1; `serve_forever` is the caller's."""
    handler = type("Handler", (_Handler,), {"folder": folder})
    return ThreadingHTTPServer(("127.0.0.1", 0), handler)


def main() -> None:
    """Serves until standard input ends."""
    server = serve(Path(sys.argv[1]))
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
