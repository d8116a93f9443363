"""The broker: connections that come back soon, and the embedded one, which is made of files.

That is Kombu's file system transport, made safe for several processes. Kombu's own may read a
message or its table of queues before another process has written all of it; a worker that reads
half a file stops for good.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import kombu
from celery.app import amqp
from kombu.transport import filesystem

# Kombu waits ever longer for a broker that is away, up to half a minute. Nobody is to be without
# work for so long after it is back.
LONGEST_PAUSE = 10


class Connection(kombu.Connection):
    """Looks for a broker that is away every `LONGEST_PAUSE` seconds at least."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """Wait for the broker."""
        return super().ensure_connection(*args, **{"interval_max": LONGEST_PAUSE} | options)


class AMQP(amqp.AMQP):
    """What Celery takes its connections from."""

    Connection = Connection


class Channel(filesystem.Channel):
    """Lets only one process at a time use the files."""

    def get_table(self, exchange: str) -> Any:
        """Return the queues of an exchange."""
        with self._locked():
            return super().get_table(exchange)

    def _queue_bind(self, *names: Any) -> None:
        with self._locked():
            super()._queue_bind(*names)

    def _delete(self, *names: Any, **more: Any) -> None:
        with self._locked():
            super()._delete(*names, **more)

    def _put(self, *message: Any, **more: Any) -> None:
        with self._locked():
            super()._put(*message, **more)

    def _purge(self, queue: str) -> Any:
        with self._locked():
            return super()._purge(queue)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        while True:
            # A file that a crash left unfinished raises once, and is then out of the way.
            with self._locked(), suppress(ValueError):
                return super()._get(queue)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with Path(self.data_folder_in, "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """The transport that `CELERY_BROKER_TRANSPORT` names."""

    Channel = Channel
