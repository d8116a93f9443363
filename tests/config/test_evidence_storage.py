"""Files of checks are in a folder that only QC Desk reads, or in a bucket."""

import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from config import evidence_storage
from qc.core import storage_checks


def test_folder_is_private(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QC_EVIDENCE_BUCKET", raising=False)
    monkeypatch.setenv("QC_EVIDENCE_DIR", str(tmp_path / "files"))
    settings.STORAGES = settings.STORAGES | {"evidence": evidence_storage.storage(tmp_path)}
    name = storages["evidence"].save("2026/11/27/ab", ContentFile(b"1"))
    path = tmp_path / "files" / name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_bucket_has_what_is_set_and_leaves_the_rest_to_boto3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QC_EVIDENCE_BUCKET", "qc-files")
    monkeypatch.setenv("QC_EVIDENCE_S3_URL", "https://s3.example.com")
    options = evidence_storage.storage(tmp_path)["OPTIONS"]
    assert options["bucket_name"] == "qc-files"
    assert options["endpoint_url"] == "https://s3.example.com"
    assert "secret_key" not in options


@pytest.mark.parametrize("missing", [["boto3"], ["storages", "boto3"], []])
def test_check_names_the_packages_that_a_bucket_lacks(
    missing: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {}}
    settings.STORAGES = settings.STORAGES | {"evidence": bucket}
    monkeypatch.setattr(
        storage_checks, "find_spec", lambda name: None if name in missing else object()
    )
    found = storage_checks.check_bucket()
    assert [one.id for one in found] == ["qc.E002"] * bool(missing)
    for name in missing:
        assert storage_checks.NEEDED[name] in found[0].msg


def test_folder_needs_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_checks, "find_spec", lambda name: None)
    assert storage_checks.check_bucket() == []
