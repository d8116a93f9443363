"""Celery's jobs: a few lines each, calling the domain."""

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from celery import shared_task
from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.models import get_token_model
from kombu.exceptions import OperationalError

from qc import imports
from qc.audit.archive import archiver
from qc.audit.seals import external_copies, sealing, verification_runs
from qc.core.context import Channel, acting
from qc.core.exceptions import Busy, QCError
from qc.core.request_id import request_id
from qc.history import consistency
from qc.imports import lease as import_lease
from qc.imports import runner as import_runner
from qc.models import Import
from qc.work import bulk_changes
from qc.work import sweep as sweeps

logger = logging.getLogger(__name__)

# So many names in one line of the log; check_invariants gives all.
NAMED = 20


@task_prerun.connect(dispatch_uid="qc_job_begins")
def job_begins(task_id: str, task: Any, **_more: Any) -> None:
    """Let the history rows and log lines of a job bear its id."""
    task.request.qc_id = ExitStack()
    task.request.qc_id.enter_context(request_id(task_id))


@task_postrun.connect(dispatch_uid="qc_job_ended")
def job_ended(task: Any, **_more: Any) -> None:
    """End what `job_begins` began."""
    task.request.qc_id.close()


@shared_task
def sweep() -> None:
    """Find what events missed, every QC_SWEEP_SECONDS."""
    sweeps.sweep()
    for pk in import_lease.abandoned():
        carry_on_import.delay(pk)


@shared_task
def carry_on_import(pk: int) -> None:
    """Checks, writes or undoes an import."""
    import_runner.carry_on(pk)


def dispatch(record: Import) -> None:
    """Carry on what runs: a small import here and now, a large one in a worker.

    Raises Busy when no worker can be asked; the import is then found by the next sweep.
    """
    if not record.is_running:
        return
    if not record.is_large:
        import_runner.carry_on(record.pk)
        record.refresh_from_db()
        return
    try:
        carry_on_import.apply_async((record.pk,), retry=False)
    except OperationalError as error:
        raise Busy(
            _(
                "The workers can't be reached right now. Nothing is lost: the import "
                "starts automatically when they are back, or when you try again."
            )
        ) from error


@shared_task
def tidy() -> None:
    """Delete expired sessions and tokens, once an hour."""
    now = timezone.now()
    sessions, _of_which = Session.objects.filter(expire_date__lt=now).delete()
    tokens, _of_which = get_token_model().objects.filter(expiry__lt=now).delete()
    bulk_changes.forget()
    files = imports.forget()
    logger.info(
        "tidy: %d sessions and %d tokens had expired, %d files were never confirmed",
        *(sessions, tokens, files),
    )


@shared_task
def prove() -> None:
    """Prove each night that all is as its history says; what is not, is an error of the log."""
    differing = list(consistency.differing())
    if not differing:
        logger.info("prove: everything is as its history says")
        return
    more = f" … and {len(differing) - NAMED} more" if len(differing) > NAMED else ""
    logger.error("prove: %d differ: %s%s", len(differing), "; ".join(differing[:NAMED]), more)


@shared_task
def seal() -> None:
    """Seal what has been written to the history, each minute, and copies the seals outside."""
    if rows := sealing.seal():
        logger.info("seal: %d rows", rows)
    external_copies.copy()


@shared_task
def archive() -> None:
    """Move each night what is old to the folder of archives, if there is one."""
    if not settings.QC_ARCHIVE_DIR:
        return
    try:
        with acting(Channel.SWEEP):
            for made in archiver.archive(Path(settings.QC_ARCHIVE_DIR)):
                logger.info("archive: %d rows to %s", made.rows, made.file)
    except (QCError, OSError) as error:
        logger.error("archive: %s", error)


@shared_task
def verify() -> None:
    """Verify each night what is new and a part of the rest; what is wrong, is an error."""
    verification_runs.tonight()
