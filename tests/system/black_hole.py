"""A line to a server that can be made to swallow everything, as a broken network does."""

import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from tests import servers


class Line:
    """Passes on what comes to `port`; while it is broken, nothing at all, and says nothing."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.whole, self.over = Event(), Event()
        self.whole.set()
        self.listener = socket.create_server((servers.HOST, 0))
        self.port: int = self.listener.getsockname()[1]
        self.peers: dict[socket.socket, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.thread = Thread(target=self._run, daemon=True)

    def swallow(self) -> None:
        """Break it: packets are lost, connections neither end nor begin."""
        self.whole.clear()

    def mend(self) -> None:
        """Pass on again, the lost packets too: TCP sends them once more."""
        self.whole.set()

    def _run(self) -> None:
        while not self.over.is_set():
            if not self.whole.wait(0.1):
                continue
            for key, _events in self.selector.select(0.1):
                end = key.fileobj
                assert isinstance(end, socket.socket)
                if end is self.listener:
                    self._accept()
                elif end in self.peers:
                    self._pass_on(end)

    def _accept(self) -> None:
        ours, _address = self.listener.accept()
        theirs = socket.create_connection((servers.HOST, self.target))
        self.peers |= {ours: theirs, theirs: ours}
        for end in (ours, theirs):
            self.selector.register(end, selectors.EVENT_READ)

    def _pass_on(self, end: socket.socket) -> None:
        data = b""
        with suppress(OSError):
            data = end.recv(65_536)
        with suppress(OSError):
            self.peers[end].sendall(data)
        if not data:
            self._close(end)

    def _close(self, end: socket.socket) -> None:
        for one in (end, self.peers[end]):
            self.selector.unregister(one)
            del self.peers[one]
            one.close()


@contextmanager
def line_to(target: int) -> Iterator[Line]:
    """Run a line to a port of this machine."""
    line = Line(target)
    line.thread.start()
    try:
        yield line
    finally:
        line.over.set()
        line.thread.join()
        line.listener.close()
