"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import os
import warnings

from celery import Celery
from celery.exceptions import CPendingDeprecationWarning
from celery.signals import worker_ready

from config import memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Eight lines each time that the broker is lost, about a setting that is set.
warnings.simplefilter("ignore", CPendingDeprecationWarning)

app = Celery("qc_desk", amqp="config.broker:AMQP")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect(dispatch_uid="qc_keep_code")
def keep_code(**_named: object) -> None:
    """Leave alone what is in memory when a worker is ready.

    That is code; looking through it took an import a quarter of its time.
    """
    memory.keep()
