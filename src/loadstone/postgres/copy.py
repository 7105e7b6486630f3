"""Binary COPY over libpq, watched for progress: what is sent goes on, or the load ends."""

from __future__ import annotations

import select
import threading
import time
from typing import TYPE_CHECKING

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result

from loadstone.errors import Stalled
from loadstone.postgres.connection import Connection

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["CopyStream"]

_HEADER = b"PGCOPY\n\xff\r\n\x00" + b"\x00" * 8
_TRAILER = b"\xff\xff"
_GIVEN_UP = b"the load was given up"

# libpq gets slow with larger pieces: it moves what is unsent to the front of its buffer.
_PIECE = 128 * 1024

# How often a wait looks up to see whether it is still wanted.
_LOOK_UP_SECONDS = 0.5

# How long a server may take to notice that a COPY was given up, before it is cancelled, and after that.
_PATIENCE_SECONDS = 2.0


class CopyStream:
    """One `COPY ... FROM STDIN (FORMAT BINARY)`, from its first tuple to its answer.

    Opens with the first tuple. Where the server speaks before it was asked (an error, a notice), the COPY is
    ended to hear it, and another one goes on in its place: so an error stops a long load at once.

    Not thread-safe, and nothing else may use the connection between `send` and `end`.

    Args:
        connection: inside a transaction.
        statement: the COPY, as SQL.
        stall_timeout: seconds without a byte taken by the server after which it is given up.
        stop: when set, waiting ends with `Stalled`.
    """

    def __init__(
        self, connection: Connection, statement: str, *, stall_timeout: float, stop: threading.Event
    ) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._statement = statement.encode()
        self._stall_timeout = stall_timeout
        self._stop = stop
        self._is_open = False
        self._takes_rows = False
        self._has_spoken = False
        self.rows = 0

    def send(self, tuples: Buffer) -> None:
        """Sends whole tuples.

        Raises:
            psycopg.Error: the server refused something that was sent before.
            Stalled: the server takes no more.
        """
        if not self._is_open:
            self._open()
        view = memoryview(tuples).cast("B")
        for start in range(0, len(view), _PIECE):
            self._put(view[start : start + _PIECE])
        if self._has_spoken or self._poll(select.POLLIN, 0):
            self.end()

    def end(self) -> int:
        """Ends the COPY; returns how many rows all COPYs of this stream took.

        Raises:
            psycopg.Error: the server refused a row.
        """
        if self._is_open:
            self._put(_TRAILER)
            self._say_end(None)
            self.rows += self._answer(None)
        return self.rows

    def abort(self) -> None:
        """Gives the COPY up. The transaction is then aborted, or the connection closed."""
        if not self._is_open:
            return
        try:
            if self._takes_rows:
                self._say_end(_GIVEN_UP)
                self._answer(time.monotonic() + _PATIENCE_SECONDS)
            else:
                self._cancel()
        except Stalled:
            self._cancel()
        except psycopg.Error:
            pass  # the server's word that it gave up, or that it is gone
        finally:
            self._is_open = False

    def _open(self) -> None:
        """Begins the COPY. A locked table is waited for in pieces, so that waiting can be given up."""
        self._is_open, self._takes_rows, self._has_spoken = True, False, False
        self._pgconn.send_query(self._statement)
        first = self._result(None)
        if first is None or first.status != pq.ExecStatus.COPY_IN:
            self._end_with(first, None)
        self._takes_rows = True
        self._put(_HEADER)

    def _put(self, piece: Buffer) -> None:
        while self._pgconn.put_copy_data(piece) == 0:  # type: ignore[arg-type]
            self._flush()
        self._flush()

    def _flush(self) -> None:
        deadline = time.monotonic() + self._stall_timeout
        while self._pgconn.flush() == 1:
            if self._stop.is_set() or time.monotonic() > deadline:
                raise Stalled(
                    f"the database took nothing for {self._stall_timeout:,.0f} seconds",
                    hint="see pg_stat_activity for what it waits for, or raise limits.stall_timeout",
                )
            if self._poll(select.POLLOUT | select.POLLIN, _LOOK_UP_SECONDS) & ~select.POLLOUT:
                self._pgconn.consume_input()
                self._has_spoken = True

    def _say_end(self, complaint: bytes | None) -> None:
        while self._pgconn.put_copy_end(complaint) == 0:
            self._flush()

    def _answer(self, deadline: float | None) -> int:
        """The rows that the server took.

        Raises:
            psycopg.Error: it refused one, or is gone.
            Stalled: the deadline passed.
        """
        return self._end_with(self._result(deadline), deadline)

    def _end_with(self, first: pq.abc.PGresult | None, deadline: float | None) -> int:
        """As `_answer`, where its first result is there; the others only say that it is the end."""
        result = first
        while result is not None:
            if result.status == pq.ExecStatus.COPY_IN:
                self._say_end(_GIVEN_UP)  # it began when it was no longer wanted
                first = None
            result = self._result(deadline)
            first = first or result
        self._is_open = False
        if first is None:
            raise psycopg.OperationalError("the connection was lost during COPY")
        if first.status != pq.ExecStatus.COMMAND_OK:
            raise self._error(first)
        return first.command_tuples or 0

    def _result(self, deadline: float | None) -> pq.abc.PGresult | None:
        while self._pgconn.flush() == 1:
            self._wait(select.POLLOUT | select.POLLIN, deadline)
        while self._pgconn.is_busy():
            self._wait(select.POLLIN, deadline)
        return self._pgconn.get_result()

    def _error(self, result: pq.abc.PGresult) -> psycopg.Error:
        error = error_from_result(result)
        if error.sqlstate or self._pgconn.status == pq.ConnStatus.OK:
            return error
        return psycopg.OperationalError(str(error))  # libpq's own word that the server is gone

    def _cancel(self) -> None:
        """Asks the server to end what it is busy with; a connection on which it does not is closed."""
        try:
            self._connection.cancel_safe(timeout=_PATIENCE_SECONDS)
            self._answer(time.monotonic() + _PATIENCE_SECONDS)
        except Stalled:
            self._pgconn.finish()
        except psycopg.Error:
            pass

    def _wait(self, events: int, deadline: float | None) -> None:
        """Waits for the server. Its work after the last row (foreign keys, triggers) may take its time."""
        if deadline is None:
            if self._stop.is_set():
                raise Stalled("the load was given up")
        elif time.monotonic() > deadline:
            raise Stalled("the database does not answer")
        if self._poll(events, _LOOK_UP_SECONDS) & ~select.POLLOUT:
            self._pgconn.consume_input()

    def _poll(self, events: int, seconds: float) -> int:
        poll = select.poll()
        poll.register(self._pgconn.socket, events)
        ready = poll.poll(seconds * 1000)
        return ready[0][1] if ready else 0
