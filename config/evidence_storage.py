"""Where the files of checks are: a folder, or a bucket that speaks S3."""

from pathlib import Path
from typing import Any

from config import environment

# Only the user of QC Desk may read them: no other program of the machine, no web server.
FILE_MODE, FOLDER_MODE = 0o600, 0o700
# Of each bucket: rights are its own, nothing is overwritten, and large files don't stay in memory.
OURS = {"default_acl": None, "file_overwrite": False, "max_memory_size": 2 * 1024 * 1024}


def storage(default_folder: Path) -> dict[str, Any]:
    """Return the storage of the settings: a bucket where one is named, else a folder."""
    if bucket := environment.env.str("QC_EVIDENCE_BUCKET", "").strip():
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _s3(bucket)}
    folder = environment.env.str("QC_EVIDENCE_DIR", "").strip() or str(default_folder)
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": folder,
            "file_permissions_mode": FILE_MODE,
            "directory_permissions_mode": FOLDER_MODE,
        },
    }


def _s3(bucket: str) -> dict[str, Any]:
    """Return the options of a bucket; boto3 finds what is not set, such as a machine's role."""
    given = {
        "endpoint_url": environment.web_address("QC_EVIDENCE_S3_URL"),
        "region_name": environment.env.str("QC_EVIDENCE_S3_REGION", ""),
        "access_key": environment.env.str("QC_EVIDENCE_S3_KEY_ID", ""),
        "secret_key": environment.secret("QC_EVIDENCE_S3_KEY", least=8),
    }
    options = {name: value for name, value in given.items() if value}
    return OURS | options | {"bucket_name": bucket}
