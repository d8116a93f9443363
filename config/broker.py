"""The embedded broker: Kombu's, made of files, but safe between processes.

Kombu's own reads a message, or its table of queues, that another process has not finished
writing; a worker that meets half a file gives up for good.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """Lets one process at a time at the files."""

    def get_table(self, exchange: str) -> Any:
        """Return which queues there are."""
        with self._alone():
            return super().get_table(exchange)

    def _queue_bind(self, *names: Any) -> None:
        with self._alone():
            super()._queue_bind(*names)

    def _delete(self, *names: Any, **more: Any) -> None:
        with self._alone():
            super()._delete(*names, **more)

    def _put(self, *message: Any, **more: Any) -> None:
        with self._alone():
            super()._put(*message, **more)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        while True:
            # What a crash left unfinished is out of the way once it has been looked at.
            with self._alone(), suppress(ValueError):
                return super()._get(queue)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with Path(self.data_folder_in, "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """What `CELERY_BROKER_TRANSPORT` names."""

    Channel = Channel
