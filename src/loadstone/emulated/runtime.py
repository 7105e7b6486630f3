"""Lambda's Runtime API, and the real bootstrap (`awslambdaric`) that asks it for work, in a child process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any, Self

__all__ = ["HANDLER", "Answer", "FunctionFailed", "LambdaRuntime"]

HANDLER = "loadstone.lambda_handler.handler"

_PREFIX = "/2018-06-01/runtime/"
_ARN = "arn:aws:lambda:us-east-1:123456789012:function:loadstone"
#: Seconds beyond a function's own time after which it has hung.
_PATIENCE = 30.0
#: Seconds between two looks at whether the process still lives.
_LOOK = 0.1
#: Seconds in which a function that is told to stop takes back what it has begun.
_ENDING = 5.0
#: Its standard input is a pipe that we hold: when we end, however we end, it shuts the function down.
_GUARD = 'read -r _; kill -TERM "$1" 2>/dev/null'


class FunctionFailed(Exception):
    """An invocation without a result: the function raised, its process ended, or it does not answer."""


@dataclass(frozen=True)
class Answer:
    """What the bootstrap posted.

    Attributes:
        path: where to; it says whether this is a result or an error.
        body: the result, or type and message of the error.
    """

    path: str
    body: Any

    @property
    def is_error(self) -> bool:
        """Whether the function raised."""
        return self.path.endswith("/error")

    @property
    def failures(self) -> list[str]:
        """The messages of a batch that are to come again.

        Raises:
            FunctionFailed: all of them are.
        """
        if self.is_error:
            raise FunctionFailed(f"{self.body['errorType']}: {self.body['errorMessage']}")
        return [item["itemIdentifier"] for item in self.body["batchItemFailures"]]


class LambdaRuntime:
    """One environment of a function: `python -m awslambdaric HANDLER`, and what it talks to.

    A context manager; the end of it ends the process. One thread hands over events and takes the answers.

    Args:
        environment: the process's, all of it.
        handler: as the function's configuration names it.
        folder: where it runs; None for where this process does.
        output: takes its log; its owner closes it.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        handler: str = HANDLER,
        *,
        folder: str | Path | None = None,
        output: IO[bytes],
    ) -> None:
        self._environment = environment
        self._handler = handler
        self._folder = folder
        self._output = output
        self._numbers = count(1)
        self._work: Queue[tuple[str, bytes, float] | None] = Queue()
        self._answers: Queue[Answer] = Queue()
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._requests())
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._work.put(None)
        self.process.terminate()
        try:
            self.process.wait(timeout=_ENDING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._dismiss_guard()
        self._server.shutdown()
        self._server.server_close()

    def start(self) -> None:
        """Makes the environment; a later call makes another in the place of the one before."""
        self._work.put(None)  # who still waits there for the process before must take nothing of this one's
        self._work, self._answers = Queue(), Queue()
        host, port = self._server.server_address[:2]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", self._handler],
            env={**self._environment, "AWS_LAMBDA_RUNTIME_API": f"{host!s}:{port}"},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            start_new_session=True,  # a Ctrl-C is for who started it, and reaches it as a shutdown
        )
        self._dismiss_guard()
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "sh", str(self.process.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def is_alive(self) -> bool:
        """Whether its process lives."""
        return self.process.poll() is None

    def begin(self, event: Any, *, seconds: float = 30.0) -> None:
        """Hands over an event; the function has so many seconds for it, once it asks for it."""
        self._work.put((f"request-{next(self._numbers)}", json.dumps(event).encode(), seconds))

    def answer(self, *, seconds: float = 30.0) -> Answer:
        """What it answered to the oldest event whose answer was not asked for.

        Raises:
            FunctionFailed: the process ended, or it has taken far longer than it may.
        """
        until = time.monotonic() + seconds + _PATIENCE
        while True:
            ended = self.process.poll()
            try:
                return self._answers.get(timeout=_LOOK)
            except Empty:
                if ended is not None:
                    raise FunctionFailed(f"the function ended with status {ended}") from None
                if time.monotonic() > until:
                    self.process.kill()
                    raise FunctionFailed("the function did not answer, and was ended") from None

    def invoke(self, event: Any, *, seconds: float = 30.0) -> Answer:
        """Both in one.

        Raises:
            FunctionFailed: see `answer`.
        """
        self.begin(event, seconds=seconds)
        return self.answer(seconds=seconds)

    def _dismiss_guard(self) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()

    def _requests(self) -> type[BaseHTTPRequestHandler]:
        runtime = self

        class Requests(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                """Waits for an event, and gives it to the bootstrap."""
                if self.path != f"{_PREFIX}invocation/next":
                    self.send_error(404)
                    return
                given = runtime._work.get()
                if given is None:
                    self.close_connection = True
                    return
                name, body, seconds = given
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", name)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + seconds) * 1000)))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", _ARN)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                """Takes a result, or an error."""
                length = self.headers.get("Content-Length")
                body = self.rfile.read(int(length)) if length else self._chunks()
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                runtime._answers.put(Answer(self.path, json.loads(body) if body else None))

            def _chunks(self) -> bytes:
                found = b""
                while size := int(self.rfile.readline(), 16):
                    found += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return found

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Requests
