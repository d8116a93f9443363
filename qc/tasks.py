"""Celery's jobs: a few lines each, calling the domain."""

import logging

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone
from knox.models import get_token_model

from qc import bulk, sweeps

logger = logging.getLogger(__name__)


@shared_task
def sweep() -> None:
    """Finds what events missed, every QC_SWEEP_SECONDS."""
    sweeps.sweep()


@shared_task
def tidy() -> None:
    """Deletes expired sessions and tokens, once an hour."""
    now = timezone.now()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    tokens, _ = get_token_model().objects.filter(expiry__lt=now).delete()
    bulk.forget()
    logger.info("tidy: %d sessions and %d tokens had expired", sessions, tokens)
