"""One PostgreSQL server in one data folder: started, found, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from loadstone.embedded.address import remove_socket_folder, socket_url, tcp_url
from loadstone.embedded.binaries import Binaries, find_binaries
from loadstone.embedded.data_folder import beside, lock, major_of
from loadstone.embedded.launch import Options, launch, wait_until_ready
from loadstone.embedded.process import is_server, read_pid_file, send, servers_in, wait_until_empty
from loadstone.errors import ConfigurationError, DatabaseUnavailable

__all__ = ["DEFAULT_FOLDER", "EmbeddedServer"]

#: The data folder where none is named, under the working directory.
DEFAULT_FOLDER = Path(".loadstone/postgres")

_STOP_SECONDS = 60.0


@dataclass(slots=True)
class EmbeddedServer:
    """A running PostgreSQL. Made by `start` or `find`, not by hand.

    Attributes:
        data_folder: where its files are; a log and a lock lie beside it.
        binaries: the programs it was started from.
        url: `postgresql://...` of its database `postgres`, for psycopg and psql alike.
        pid: of the server process.
        version: as the server says: `18.4`.
    """

    data_folder: Path
    binaries: Binaries
    url: str
    pid: int
    version: str
    _options: Options = field(default_factory=Options, repr=False)
    _guard: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @classmethod
    def start(
        cls,
        data_folder: str | os.PathLike[str] = DEFAULT_FOLDER,
        *,
        private: bool = False,
        durable: bool = True,
        tcp: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> Self:
        """Starts the server, making its data folder first where there is none.

        Any number of processes may do so at once: one starts it, the others get the same.

        Args:
            data_folder: where its files are or will be.
            private: stops with this process, however that ends. Otherwise the server outlives it, and who
                starts it again gets the one that runs, with the settings that it was started with.
            durable: False saves the disk flushes: commits survive the server's death, not the machine's.
            tcp: listen on a free port of 127.0.0.1, too, with a password; `url` is then that address.
            settings: of PostgreSQL, such as `{"max_connections": "20"}`.

        Raises:
            MissingExtra: there is no PostgreSQL on this machine.
            ConfigurationError: the folder or the programs cannot be used.
            DatabaseUnavailable: the server did not come up; the hint names its log.
        """
        folder = Path(data_folder).absolute()
        with lock(folder):
            running = cls.find(folder)
            if running is None:
                options = Options(private, durable, tcp, dict(settings or {}))
                made = launch(folder, options)
                return cls(folder, made.binaries, made.url, made.pid, made.version, options, made.guard)
        if private:
            raise ConfigurationError(
                f"a server already runs there, as process {running.pid}",
                where=str(folder),
                hint="stop it first, or take another folder",
            )
        return running

    @classmethod
    def find(cls, data_folder: str | os.PathLike[str] = DEFAULT_FOLDER) -> Self | None:
        """The server that runs in the data folder, whoever started it; None where there is none.

        Raises:
            ConfigurationError: the folder is no data folder, or another user's.
            DatabaseUnavailable: it runs, and does not answer.
        """
        folder = Path(data_folder).absolute()
        major = major_of(folder)
        noted = read_pid_file(folder) if major else None
        if noted is None or not is_server(noted.pid, folder):
            return None
        binaries = find_binaries(major=major)
        by_socket = socket_url(folder, noted.port)
        version = wait_until_ready(folder, noted.pid, by_socket)
        by_tcp = tcp_url(folder, noted.port) if noted.listens else None
        options = Options(tcp=by_tcp is not None)
        return cls(folder, binaries, by_tcp or by_socket, noted.pid, version, options)

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return is_server(self.pid, self.data_folder)

    @property
    def log(self) -> Path:
        """The server's log."""
        return beside(self.data_folder, ".log")

    def psql_command(self) -> list[str]:
        """The command that opens a terminal on it.

        Raises:
            ConfigurationError: there is no psql.
        """
        program = self.binaries.psql
        if program is None:
            raise ConfigurationError(
                "psql is not installed", hint="apt-get install postgresql-client, or use any other client"
            )
        return [str(program), self.url]

    def stop(self) -> None:
        """Ends the sessions, writes everything to disk and stops. Harmless when it does not run.

        Raises:
            DatabaseUnavailable: it did not stop in time.
        """
        if self.running:
            send(self.pid, signal.SIGINT)
        if not wait_until_empty(self.data_folder, _STOP_SECONDS):
            raise DatabaseUnavailable(
                f"process {self.pid} did not stop within {_STOP_SECONDS:.0f} s",
                where=str(self.data_folder),
                hint=f"see {self.log}",
            )
        self._dismiss_guard()
        remove_socket_folder(self.data_folder)

    def crash(self) -> None:
        """Kills the server and all its children at once, as a power cut would. For tests."""
        if self.running:
            send(self.pid, signal.SIGSTOP)  # it must neither clean up after its children nor make new ones
            for pid in servers_in(self.data_folder):
                send(pid, signal.SIGKILL)
        wait_until_empty(self.data_folder, _STOP_SECONDS)
        self._dismiss_guard()

    def restart(self) -> None:
        """Stops it where it runs, and starts it again under the same `url`.

        A server that was found, rather than started, comes back with default settings.

        Raises:
            DatabaseUnavailable: as for `start`.
        """
        noted = read_pid_file(self.data_folder)
        self.stop()
        with lock(self.data_folder):
            made = launch(self.data_folder, self._options, port=noted.port if noted else None)
        self.url, self.pid, self.version, self._guard = made.url, made.pid, made.version, made.guard

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _dismiss_guard(self) -> None:
        if self._guard is None:
            return
        guard, self._guard = self._guard, None
        try:
            # A line, not only the end of the pipe: a process forked from ours may hold the pipe open.
            guard.communicate(b"\n")
        except BrokenPipeError:
            guard.wait()
