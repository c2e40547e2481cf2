"""A proxy of TCP that ends a connection in the middle of an answer, as a bad network does."""

import contextlib
import re
import socket
import threading
from urllib.parse import urlsplit


class CuttingProxy:
    """Passes connections on to a server. The first whose answers reach `after` bytes ends there."""

    def __init__(self, server, after):
        at = urlsplit(server)
        self.upstream = (at.hostname, at.port)
        self.after = after
        self.cuts = 0
        self.ranges = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        # It ends when the listener is closed.
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.upstream)
                for pump in (self._ask, self._answer):
                    threading.Thread(target=pump, args=(client, server), daemon=True).start()

    def _ask(self, client, server):
        """Pass on what the client sends, which is short, and keep the ranges that it asks for."""
        with contextlib.suppress(OSError):
            while sent := client.recv(65536):
                self.ranges += re.findall(rb"(?i)\r\nrange: *(\S+)", sent)
                server.sendall(sent)
            server.shutdown(socket.SHUT_WR)

    def _answer(self, client, server):
        passed = 0
        with client, server, contextlib.suppress(OSError):
            while received := server.recv(65536):
                client.sendall(received)
                passed += len(received)
                if passed >= self.after and self._may_cut():
                    client.shutdown(socket.SHUT_RDWR)
                    return

    def _may_cut(self):
        with self.lock:
            self.cuts += 1
            return self.cuts == 1
