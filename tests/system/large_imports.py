"""Imports that are large enough for a worker, and how far they are."""

from datetime import timedelta
from io import BytesIO

from django.utils import timezone

from qc import imports
from qc.models import Import, ImportState, Queue


def references(rows: int) -> set[str]:
    """Return the references of the tasks of a file with so many rows."""
    return {f"R-{n}" for n in range(rows)}


def receive(queue: Queue, rows: int) -> Import:
    """Receive a large file of tasks for a queue, and confirm its import."""
    lines = "".join(f"{reference},Check,{queue.name}\n" for reference in references(rows))
    file = BytesIO(f"reference,name,queue\n{lines}".encode())
    record = imports.receive(file, "large.csv", by=None)
    imports.confirm(record)
    return record


def now(record: Import) -> Import:
    """Return an import as it is now."""
    return Import.objects.get(pk=record.pk)


def written(record: Import) -> int:
    """Return how many rows are written for good."""
    record = now(record)
    return record.position if record.state in (ImportState.WRITING, ImportState.DONE) else 0


def expire_lease(record: Import) -> None:
    """Let the lease of a worker that was killed or frozen be over."""
    long_ago = timezone.now() - timedelta(hours=1)
    Import.objects.filter(pk=record.pk).update(busy_until=long_ago)
