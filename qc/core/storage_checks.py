"""What the storage of files needs: `manage.py check`, and every start."""

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core import checks

S3 = "storages.backends.s3"
NEEDED = {"storages": "django-storages", "boto3": "boto3"}


@checks.register(checks.Tags.files)
def check_bucket(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Say which packages are missing where QC_EVIDENCE_BUCKET is set."""
    if not settings.STORAGES["evidence"]["BACKEND"].startswith(S3):
        return []
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if not missing:
        return []
    return [
        checks.Error(
            f"QC_EVIDENCE_BUCKET is set, but {' and '.join(missing)} can't be imported.",
            hint="Install requirements-s3.txt, as docs/deploy.md says; or unset the variable.",
            id="qc.E002",
        )
    ]
