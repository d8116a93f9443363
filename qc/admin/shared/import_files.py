"""Tables that import-export reads and writes, and where one waits to be confirmed.

For what is set up once, such as check plans; tasks have imports of their own (`qc.imports`).
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core import signing
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import Format
from import_export.tmp_storages import BaseStorage
from tablib import Dataset
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from qc import tables
from qc.admin.shared import downloads
from qc.core.exceptions import QCError
from qc.exports.formats import csv_lines, text_workbook
from qc.tables.cells import stripped, unescaped
from qc.tables.formats import BadFile

# Bytes, and rows: many times what a site has of these.
LARGEST = 1024 * 1024
MOST_ROWS = 5_000
DAY = 24 * 60 * 60


class Table(Format):
    """A table in any of the formats that imports of tasks read, whatever its name says."""

    ending = content_type = ""

    def __init__(self, encoding: str | None = None) -> None:
        """Take no notice of an encoding: it is found in the file."""

    def get_extension(self) -> str:
        """Return how names of such files end."""
        return self.ending

    def get_title(self) -> str:
        """Return what the format is called."""
        return self.ending.upper()

    def get_content_type(self) -> str:
        """Return the type that a browser is told."""
        return self.content_type

    def can_import(self) -> bool:
        """Return True."""
        return True

    can_export = can_import

    def create_dataset(self, in_stream: bytes) -> Dataset:
        """Return the rows of a file, and the number of each as `numbers`. Raises BadFile."""
        if len(in_stream) > LARGEST:
            most = filesizeformat(LARGEST)
            raise BadFile(_("The file is too large: at most %s are allowed.") % most)
        file = BytesIO(in_stream)
        header, *rows = tables.read(file, tables.detect(file))
        if len(rows) > MOST_ROWS:
            raise BadFile(_("The file has more than %(most)d rows."), most=MOST_ROWS)
        names = [stripped(unescaped(cell)) for cell in header.cells]
        self.check_header(names)
        dataset = Dataset(headers=names)
        for row in rows:
            cells = [stripped(unescaped(cell)) for cell in row.cells]
            dataset.append((cells + [""] * len(names))[: len(names)])
        dataset.numbers = [row.number for row in rows]
        return dataset

    def check_header(self, names: Sequence[str]) -> None:
        """Raise BadFile where these are not the columns of such a file."""


class CSV(Table):
    """CSV: comma or semicolon, in whichever encoding; written in UTF-8."""

    ending, content_type = "csv", downloads.CSV

    def export_data(self, dataset: Any, **kwargs: Any) -> bytes:
        """Return a file that spreadsheets run no formula of."""
        return b"".join(csv_lines([dataset.headers, *dataset]))


class XLSX(Table):
    """An Excel workbook."""

    ending, content_type = "xlsx", downloads.XLSX

    def export_data(self, dataset: Any, **kwargs: Any) -> bytes:
        """Return a workbook of texts."""
        return text_workbook([dataset.headers, *dataset]).read()


class InThePage(BaseStorage):
    """Keeps an uploaded file in the page that asks to confirm it, signed, and nowhere else."""

    def save(self, data: bytes) -> None:
        """Make the content the name."""
        self.name = signing.dumps(b64encode(data).decode(), salt=__name__, compress=True)

    def read(self) -> bytes:
        """Return the content. Raises BadSignature for any other name, and after a day."""
        return b64decode(signing.loads(self.name, salt=__name__, max_age=DAY))

    def remove(self) -> None:
        """Do nothing: the page is gone."""


class TableImportExport(ImportExportMixin):
    """Imports and exports such tables from a list: all rows of a file, or none."""

    formats = import_formats = export_formats = (CSV, XLSX)
    import_form_class, export_form_class = ImportForm, ExportForm
    tmp_storage_class = InThePage
    # What is said where the page that confirms a file is no longer valid, and where it would not do
    # what was previewed.
    lost: str | Promise = gettext_lazy("The file could not be read. Please upload it again.")
    changed_meanwhile: str | Promise = gettext_lazy(
        "Nothing was imported: something has changed since the preview. Upload it again."
    )

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """Export what the list shows; with wrong filters, go to the list, which says so."""
        try:
            response: HttpResponse = super().export_action(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(
                f"{reverse(f'admin:qc_{self.opts.model_name}_changelist')}?{ERROR_FLAG}=1"
            )
        return response

    def get_import_formats(self) -> Any:
        """Return the formats; a file is read by its content, whichever is chosen."""
        return self.import_formats

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """Let nothing be stored unless all rows are right."""
        return super().get_import_data_kwargs(**kwargs) | {"rollback_on_validation_errors": True}

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        """Show why a file can't be read."""
        if not isinstance(e, QCError):
            raise e
        form.add_error("import_file", str(e))

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import what was previewed, as long as its page is valid."""
        try:
            response: HttpResponse = super().process_import(request, **kwargs)
        except BadSignature:
            return self._once_more(request, self.lost)
        return response

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        """Say what was imported; nothing was where something has changed since the preview."""
        if result.has_errors() or result.has_validation_errors():
            return self._once_more(request, self.changed_meanwhile)
        response: HttpResponse = super().process_result(result, request)
        return response

    def _once_more(self, request: HttpRequest, why: str | Promise) -> HttpResponse:
        messages.error(request, str(why))
        return HttpResponseRedirect(reverse(f"admin:qc_{self.opts.model_name}_import"))
