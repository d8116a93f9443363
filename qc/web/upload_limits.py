"""Refuses uploads that are too large before any of their bytes is kept."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

# So much may stand around the file in a request: the other fields, and what separates them.
AROUND = 64 * 1024


class RefuseTooLarge(FileUploadHandler):
    """Passes over the files of a request that is longer than a file may be."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *_: Any) -> None:  # noqa: N803
        """Note on the request that it is too long."""
        self.is_too_large = content_length > settings.QC_IMPORT_BYTES + AROUND
        if self.request is not None:
            self.request.qc_upload_is_too_large = self.is_too_large  # type: ignore[attr-defined]

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Let the file go by unread."""
        if self.is_too_large:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Leave the file to the other handlers."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Keep nothing."""


def refusal(request: Any, size: int | None = None) -> str:
    """Return why a request's upload is refused; "" when its size is none of the reasons."""
    too_large = getattr(request, "qc_upload_is_too_large", False)
    if not too_large and (size or 0) <= settings.QC_IMPORT_BYTES:
        return ""
    return _("The file is too large: at most %s are allowed.") % filesizeformat(
        settings.QC_IMPORT_BYTES
    )
