"""A TCP proxy before PostgreSQL that cuts connections at chosen moments."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

__all__ = ["CuttingProxy"]

#: Asked for each piece of traffic: the bytes, and whether they come from the client. True cuts.
Rule = Callable[[bytes, bool], bool]


class CuttingProxy:
    """Forwards to a server; when its rule says so, it cuts that connection without forwarding the piece.

    Args:
        url: the server's, over TCP.
        forwards_first: the piece is forwarded before the cut, so that only its answer is lost.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = parts._replace(
            netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self._listener.getsockname()[1]}"
        ).geturl()
        self.rule: Rule = lambda _data, _from_client: False
        self.forwards_first = False
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(self._target)
            except OSError:
                return
            with server:
                self._pump(client, server)

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        peers = {client: server, server: client}
        while True:
            for ready in select.select(list(peers), [], [])[0]:
                try:
                    data = ready.recv(65536)
                except OSError:
                    return
                if not data:
                    return
                if self.rule(data, ready is client):
                    self.cuts += 1
                    if self.forwards_first:
                        peers[ready].sendall(data)
                    return
                try:
                    peers[ready].sendall(data)
                except OSError:
                    return
