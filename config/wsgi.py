"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config import memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Before the settings are read.
os.environ.setdefault("QC_DATABASE_SECONDS", "30")

memory.give_back()
application = get_wsgi_application()
# All code is read now, and not by the first request.
get_resolver().url_patterns  # noqa: B018
memory.keep()
