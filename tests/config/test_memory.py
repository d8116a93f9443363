"""What Python need not look through again for what could be freed."""

import gc

from celery.signals import worker_ready

import config.celery  # noqa: F401 - it connects the signal


def test_worker_leaves_its_code_alone_once_it_is_ready() -> None:
    gc.unfreeze()
    try:
        worker_ready.send(sender=None)
        assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()
