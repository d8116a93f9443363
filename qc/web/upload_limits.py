"""Refuses uploads that are too large before any of their bytes is stored."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

# How many bytes a request may have beside its file: other fields, and separators.
OVERHEAD = 64 * 1024


class RefuseTooLarge(FileUploadHandler):
    """Skips the files of a request that is longer than any file may be, of an import or a check.

    Where it goes is not known yet: whoever takes a file sees to its own limit.
    """

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *_: Any) -> None:  # noqa: N803
        """Note on the request whether it is too long."""
        self.is_too_large = content_length > _most() + OVERHEAD
        if self.request is not None:
            self.request.qc_upload_is_too_large = self.is_too_large  # type: ignore[attr-defined]

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Skip the file if the request is too long."""
        if self.is_too_large:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the data on to the next handler."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Return nothing: the file is the next handler's."""


def _most() -> int:
    return max(settings.QC_IMPORT_BYTES, settings.QC_EVIDENCE_MB * 1024 * 1024)


def together() -> str:
    """Return the sentence about files that are too large in one request."""
    return _("The files are too large: at most %s may be sent at once.") % filesizeformat(_most())


def refusal(request: Any, size: int | None = None) -> str:
    """Return why a request's upload is too large, or ""."""
    is_too_large = getattr(request, "qc_upload_is_too_large", False)
    if not is_too_large and (size or 0) <= settings.QC_IMPORT_BYTES:
        return ""
    return _("The file is too large: at most %s are allowed.") % filesizeformat(
        settings.QC_IMPORT_BYTES
    )
