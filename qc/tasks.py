"""Celery jobs: short, each calls the domain."""

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from axes.models import AccessAttempt
from celery import shared_task
from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.models import get_token_model
from kombu.exceptions import OperationalError

from qc import imports
from qc.alerts import checking, digest, sending
from qc.audit import evidence_files, grants, on_demand
from qc.audit.archive import archiver
from qc.audit.seals import external_copies, sealing, verification_runs
from qc.checks.evidence import retention
from qc.core.context import Channel, acting
from qc.core.exceptions import Busy, QCError
from qc.core.pace import Pace
from qc.core.request_id import request_id
from qc.history import consistency
from qc.imports import lease as import_lease
from qc.imports import runner as import_runner
from qc.models import IdempotencyKey, Import, SignIn, VerificationRequest
from qc.monitoring.job_runs import recording
from qc.webhooks import log as event_log
from qc.webhooks import sending as webhook_sending
from qc.work import bulk_changes, search
from qc.work import sweep as sweeps

logger = logging.getLogger(__name__)

SWEEPS = Pace(settings.QC_SWEEP_SECONDS / 2)
WEBHOOKS = Pace(settings.QC_WEBHOOK_SECONDS / 2)
# Who had to drop more messages than this since the last sweep has a long backlog before them.
BACKLOG = 20
# A connection that a failover has ended heals; somebody waits for the page.
ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
# The most objects named in a log message; the command check_invariants lists all.
NAMED = 20


@task_prerun.connect(dispatch_uid="qc_job_begins")
def job_begins(task_id: str, task: Any, **_more: Any) -> None:
    """Set the job's id as request id of its history rows and log lines."""
    task.request.qc_id = ExitStack()
    task.request.qc_id.enter_context(request_id(task_id))


@task_postrun.connect(dispatch_uid="qc_job_ended")
def job_ended(task: Any, **_more: Any) -> None:
    """End what `job_begins` began."""
    task.request.qc_id.close()


@shared_task(bind=True)
def sweep(self: Any) -> None:
    """Sweep, and find abandoned imports, every QC_SWEEP_SECONDS.

    Messages that have waited are dropped: one sweep does what all of them were for. How old each is
    can't be told, as the clock of its sender may be wrong.
    """
    if not (self.request.called_directly or SWEEPS.begins()):
        return
    if dropped := SWEEPS.count_dropped():
        dropped += _drop_waiting(self) if dropped > BACKLOG else 0
        logger.info("sweep: dropped %d that came too soon, or had waited", dropped)
    with recording("sweep") as run:
        run.counts = sweeps.sweep()
        for pk in import_lease.abandoned():
            carry_on_import.delay(pk)


def _drop_waiting(job: Any) -> int:
    """Remove what waits in the broker's queue of a job; return how many messages."""
    queue = settings.CELERY_TASK_ROUTES[job.name]["queue"]
    try:
        with job.app.connection_for_write() as connection:
            return int(connection.default_channel.queue_purge(queue))
    except connection.recoverable_connection_errors:
        return 0


@shared_task
def carry_on_import(pk: int) -> None:
    """Check, write or undo an import."""
    with recording("import"):
        try:
            import_runner.carry_on(pk)
        except Busy:
            logger.warning("import %d: its tasks are busy; the next sweep carries it on", pk)
    fill_search()


def dispatch(record: Import) -> None:
    """Carry on a running import: a small one at once, a large one in a worker.

    Raises Busy when the broker can't be reached; the next sweep will then find the import.
    """
    if not record.is_running:
        return
    if not record.is_large:
        import_runner.carry_on(record.pk)
        record.refresh_from_db()
        return
    try:
        carry_on_import.apply_async((record.pk,), retry_policy=ONCE_MORE)
    except OperationalError as error:
        raise Busy(
            _(
                "The workers can't be reached right now. Nothing is lost: the import "
                "starts automatically when they are back, or when you try again."
            )
        ) from error


@shared_task
def verify_on_demand(pk: int) -> None:
    """Verify all seals and files, as somebody asked for."""
    with recording("verify on demand"):
        on_demand.carry_on(pk)


def dispatch_verification(request: VerificationRequest) -> None:
    """Carry on a verification: of a small trail at once, of a large one in a worker.

    Raises Busy when the broker can't be reached.
    """
    if on_demand.is_small(request):
        on_demand.carry_on(request.pk)
        return
    try:
        verify_on_demand.apply_async((request.pk,), retry_policy=ONCE_MORE)
    except OperationalError as error:
        raise Busy(_("The workers can't be reached right now. Please try again later.")) from error


@shared_task
def tidy() -> None:
    """Delete expired sessions, tokens, keys of calls and old sign-ins, once an hour."""
    now = timezone.now()
    with recording("tidy") as run:
        sessions, _by_model = Session.objects.filter(expire_date__lt=now).delete()
        tokens, _by_model = get_token_model().objects.filter(expiry__lt=now).delete()
        SignIn.objects.forgotten().delete()
        IdempotencyKey.objects.expired().delete()
        AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).delete()
        bulk_changes.delete_expired()
        sending.delete_old()
        event_log.delete_old()
        webhook_sending.delete_old()
        files = imports.delete_expired()
        with acting(Channel.SWEEP):
            old = imports.delete_old_files()
            evidence = retention.delete_old() + retention.delete_left_behind()
        run.counts = {"sessions": sessions, "tokens": tokens, "files": files + old + evidence}
        logger.info(
            "tidy: %d sessions and %d tokens had expired, %d files were never confirmed, "
            "%d were kept long enough, and so were %d files of checks",
            *(sessions, tokens, files, old, evidence),
        )


@shared_task
def fill_search() -> None:
    """Write the words of tasks that have none yet: what an update or a large import left."""
    with recording("fill_search") as run:
        filled = 0
        while some := search.fill():
            filled += some
        run.counts = {"tasks": filled}


@shared_task
def prove() -> None:
    """Compare everything with its history, each night; log differences as an error."""
    with recording("prove") as run:
        differing = [*consistency.differing(), *grants.differing()]
        run.counts = {"differ": len(differing)}
        _log_differing(differing)


def _log_differing(differing: list[str]) -> None:
    if not differing:
        logger.info("prove: everything is as its history says")
        return
    more = f" … and {len(differing) - NAMED} more" if len(differing) > NAMED else ""
    logger.error("prove: %d differ: %s%s", len(differing), "; ".join(differing[:NAMED]), more)


@shared_task
def seal() -> None:
    """Seal the new rows of history, each minute, and copy the seals outside."""
    with recording("seal") as run:
        if rows := sealing.seal():
            logger.info("seal: %d rows", rows)
        run.counts = {"sealed": rows}
        external_copies.copy()


@shared_task
def alert() -> None:
    """Look at all alerts and digests, each minute, and send what they have to say."""
    with recording("alert") as run:
        run.counts = {"alerts": checking.check(), "digests": digest.make_due()}
        run.counts |= sending.send_due()
        if any(run.counts.values()):
            logger.info("alert: %s", run.counts)


@shared_task(bind=True)
def webhooks(self: Any) -> None:
    """Add to the log of events, and start a run for each webhook that has something to be sent."""
    is_due = self.request.called_directly or WEBHOOKS.begins()
    if not (is_due and webhook_sending.has_active()):
        return
    with recording("webhooks") as run, acting(Channel.SWEEP):
        run.counts = {"events": event_log.collect(), "webhooks": 0}
        for pk in webhook_sending.to_run():
            send_webhook.delay(pk)
            run.counts["webhooks"] += 1


@shared_task
def send_webhook(pk: int) -> None:
    """Send what is due to one webhook. Each has runs of its own: a slow one holds up no other."""
    with recording("webhook") as run, acting(Channel.SWEEP):
        run.counts = webhook_sending.run(pk)
        if any(run.counts.values()):
            logger.info("webhook %d: %s", pk, run.counts)


@shared_task
def archive() -> None:
    """Move old history to the folder of archives, if there is one, each night."""
    if not settings.QC_ARCHIVE_DIR:
        return
    try:
        with recording("archive") as run, acting(Channel.SWEEP):
            for record in archiver.archive(Path(settings.QC_ARCHIVE_DIR)):
                logger.info("archive: %d rows to %s", record.rows, record.file)
                run.counts["archived"] += record.rows
    except (QCError, OSError) as error:
        logger.error("archive: %s", error)


@shared_task
def verify() -> None:
    """Verify new seals, a part of the others and of files, each night; log violations as errors."""
    with recording("verify") as run:
        found = [*verification_runs.run_nightly(), *evidence_files.run_nightly()]
        run.counts = {"violations": len(found)}
