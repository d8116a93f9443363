"""The broker made of files, used by several processes at once."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

TRANSPORT = "config.broker:Transport"
WRITERS, READERS, MESSAGES = 4, 4, 250


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files are, with a queue of the same name: Kombu makes one once in a process."""
    write(tmp_path, messages=0)
    return tmp_path


def connection(folder: Path) -> Connection:
    """A connection of its own, as each process has one."""
    folders = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder / "c"}
    options = {name: str(path) for name, path in folders.items()} | {"polling_interval": 0.05}
    return Connection("filesystem://", transport=TRANSPORT, transport_options=options)


def write(folder: Path, writer: int = 0, messages: int = MESSAGES) -> None:
    with connection(folder) as mine, mine.SimpleQueue(folder.name) as queue:
        for n in range(messages):
            queue.put(f"{writer}-{n}")


def read(folder: Path, patience: float = 2) -> list[str]:
    """Return what comes, until nothing has come for a while."""
    got = []
    source = connection(folder)
    with source, source.SimpleQueue(folder.name, no_ack=True) as queue, suppress(Empty):
        while True:
            got.append(queue.get(timeout=patience).payload)
    return got


def test_each_message_of_many_processes_arrives_once(folder: Path) -> None:
    with ProcessPoolExecutor(WRITERS + READERS, get_context("fork")) as pool:
        readers = [pool.submit(read, folder) for _ in range(READERS)]
        for writing in [pool.submit(write, folder, n) for n in range(WRITERS)]:
            writing.result()
        got = Counter(message for reader in readers for message in reader.result())
    assert set(got.values()) == {1}
    assert len(got) == WRITERS * MESSAGES


def test_unfinished_message_file_is_skipped(folder: Path) -> None:
    write(folder)
    (folder / f"0_unfinished.{folder.name}.msg").touch()
    assert len(read(folder, patience=0.5)) == MESSAGES
    assert list(folder.glob("*.msg")) == []
