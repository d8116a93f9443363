"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import os
import warnings

from celery import Celery
from celery.exceptions import CPendingDeprecationWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Eight lines each time that the broker is lost, about a setting that is set.
warnings.simplefilter("ignore", CPendingDeprecationWarning)

app = Celery("qc_desk", amqp="config.broker:AMQP")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
