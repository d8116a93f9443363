"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Before the settings are read.
os.environ.setdefault("QC_DATABASE_SECONDS", "30")

application = get_wsgi_application()
