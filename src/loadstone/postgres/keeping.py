"""Connections that wait for the next call, and what makes one of them as good as a new one.

A connection is kept only where its session is its own: behind a pooler nothing is, for there the sessions are
the pooler's, and what is set in one of them another client finds. See docs/decisions/0047.
"""

from __future__ import annotations

import logging
import select
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary, WeakSet

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result

from loadstone.platform.clock import SystemClock
from loadstone.ports import Clock

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

__all__ = ["KeptConnections"]

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

logger = logging.getLogger(__name__)

#: A connection that waited less is taken to be alive unless its socket says otherwise.
_FRESH_SECONDS = 1.0
#: One that waited longer may have been forgotten on the way: networks of AWS do so after 350 seconds.
_IDLE_SECONDS = 240.0
#: So old, one is made anew: hosts move, settings of roles and databases change, a server process grows.
_LIFE_SECONDS = 900.0
#: How long a server may take for a word. Whoever needs longer has gone, or is replaced at no higher price.
_ANSWER_SECONDS = 2.0

_WHO = b"SELECT pg_backend_pid()"

# What DISCARD ALL does, which must be sent alone; and the role that a URL's options or ALTER ROLE gave, which
# DISCARD ALL forgets. By the last lines the server ends it should this process be frozen for good, or sooner
# where the database's owner wants that.
_RESET = b"""
RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; DEALLOCATE ALL; UNLISTEN *;
SELECT pg_advisory_unlock_all(); DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES;
SELECT set_config('idle_session_timeout', CASE
    WHEN current_setting('idle_session_timeout')::interval BETWEEN '1 ms' AND '5 min'
    THEN current_setting('idle_session_timeout') ELSE '5min' END, false)
"""


class _Moment(NamedTuple):
    """A time by both clocks: where a machine is frozen, one of them may stand still, and one may be set."""

    monotonic: float
    wall: datetime


class _Waiting(NamedTuple):
    connection: Connection
    since: _Moment
    is_reset: bool


class KeptConnections:
    """Idle connections outside of any transaction, the one that was used last first.

    Safe to use from several threads, and where an interrupt may come at any moment.

    Args:
        most: how many wait at a time; with 0 none does, but those that are kept `briefly`.
        clock: tells how long they have waited.
    """

    def __init__(self, most: int, clock: Clock | None = None) -> None:
        self._most = most
        self._clock = clock or SystemClock()
        self._waiting: deque[_Waiting] = deque()
        self._made: WeakKeyDictionary[Connection, _Moment] = WeakKeyDictionary()
        self._with_session: WeakSet[Connection] = WeakSet()
        self._is_pooled = False

    def note(self, connection: Connection) -> None:
        """A connection was made: its age counts from here."""
        self._made[connection] = self._moment()

    def take(self) -> Connection | None:
        """A connection that is alive and clean; None where there is none. What is not is closed."""
        while True:
            try:
                waiting = self._waiting.pop()
            except IndexError:  # or another thread was faster
                return None
            is_good = False
            try:
                is_good = self._is_good(waiting)
            finally:
                if not is_good:
                    waiting.connection.close()
            if is_good:
                return waiting.connection

    def put(self, connection: Connection) -> None:
        """Keeps a connection that is in no transaction, or closes it; never raises what a server says."""
        is_kept = False
        try:
            if self._most and self._has_own_session(connection):
                _ask(connection.pgconn, _RESET)
                self._waiting.append(_Waiting(connection, self._moment(), is_reset=True))
                is_kept = True
        except psycopg.Error as error:
            logger.debug("a connection is not kept: %s", error)
        finally:
            if not is_kept:
                connection.close()
        if len(self._waiting) > self._most:
            self._close_one(self._waiting.popleft)

    def put_briefly(self, connection: Connection) -> None:
        """Keeps a connection on which nothing but a look was taken for who needs one within a second."""
        if self._most:
            self.put(connection)
        else:
            self._waiting.append(_Waiting(connection, self._moment(), is_reset=False))

    def close(self) -> None:
        """Closes all that wait."""
        while self._close_one(self._waiting.pop):
            pass

    def _close_one(self, choose: Callable[[], _Waiting]) -> bool:
        try:
            waiting = choose()
        except IndexError:  # another thread was faster
            return False
        waiting.connection.close()
        return True

    def _moment(self) -> _Moment:
        return _Moment(self._clock.monotonic(), self._clock.now())

    def _seconds_since(self, moment: _Moment) -> float:
        now = self._moment()
        return max(now.monotonic - moment.monotonic, (now.wall - moment.wall).total_seconds())

    def _is_good(self, waiting: _Waiting) -> bool:
        connection = waiting.connection
        seconds = self._seconds_since(waiting.since)
        if seconds < _FRESH_SECONDS and not _is_readable(connection.pgconn, 0):
            return True
        if not waiting.is_reset or seconds >= _IDLE_SECONDS:
            return False
        made = self._made.get(connection)
        if made is None or self._seconds_since(made) >= _LIFE_SECONDS:
            return False
        try:
            _ask(connection.pgconn, b"")
        except psycopg.Error as error:
            logger.info("a connection that was kept is gone, and is made anew: %s", str(error).strip())
            return False
        return True

    def _has_own_session(self, connection: Connection) -> bool:
        """Whether the server's process is the one that was promised when the connection was made.

        Raises:
            psycopg.Error: it cannot be asked.
        """
        if not self._is_pooled and connection not in self._with_session:
            found = _ask(connection.pgconn, _WHO).get_value(0, 0)
            if found == b"%d" % connection.pgconn.backend_pid:
                self._with_session.add(connection)
            else:
                self._is_pooled = True
                logger.debug("a pooler is in front of the database: no connection is kept")
        return connection in self._with_session


def _ask(pgconn: PGconn, statements: bytes) -> PGresult:
    """Sends statements outside of any transaction; returns the last one's result.

    Raises:
        psycopg.Error: the server refused, is gone, or does not answer in time.
    """
    if pgconn.transaction_status != pq.TransactionStatus.IDLE:
        raise psycopg.OperationalError("the connection is in the middle of something")
    deadline = time.monotonic() + _ANSWER_SECONDS
    pgconn.send_query(statements)
    last: PGresult | None = None
    while (result := _next_result(pgconn, deadline)) is not None:
        last = result
        if result.status in {pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE}:
            raise error_from_result(result)
    if last is None or pgconn.status != pq.ConnStatus.OK:
        raise psycopg.OperationalError("the connection was lost")
    return last


def _next_result(pgconn: PGconn, deadline: float) -> PGresult | None:
    while pgconn.flush() == 1:
        _wait(pgconn, select.POLLOUT | select.POLLIN, deadline)
    while pgconn.is_busy():
        _wait(pgconn, select.POLLIN, deadline)
    return pgconn.get_result()


def _wait(pgconn: PGconn, events: int, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise psycopg.OperationalError("the server does not answer")
    if _poll(pgconn, events, left) & ~select.POLLOUT:
        pgconn.consume_input()


def _is_readable(pgconn: PGconn, seconds: float) -> bool:
    """Whether a server spoke without being asked: mostly that it goes."""
    try:
        return bool(_poll(pgconn, select.POLLIN, seconds))
    except psycopg.Error:
        return True


def _poll(pgconn: PGconn, events: int, seconds: float) -> int:
    poll = select.poll()
    poll.register(pgconn.socket, events)
    ready = poll.poll(seconds * 1000)
    return ready[0][1] if ready else 0
