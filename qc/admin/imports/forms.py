"""The forms of an import: the file, and how it is to be read."""

from dataclasses import replace
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from qc.imports.columns import COLUMNS, DETAIL, LEFT_OUT, detail
from qc.models import Import
from qc.tables.formats import DELIMITERS, ENCODINGS, Format
from qc.web import upload_limits

ENDINGS = ".csv,.tsv,.txt,.xlsx,.json,.jsonl,.ndjson,text/csv,application/json"


class UploadForm(forms.Form):
    """Asks for a CSV, XLSX or JSON file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ENDINGS}),
        required=False,
    )

    def __init__(self, request: HttpRequest) -> None:
        is_sent = request.method == "POST"
        super().__init__(request.POST if is_sent else None, request.FILES if is_sent else None)
        self.request = request

    def clean_file(self) -> UploadedFile:
        """Refuse what is too large, and nothing at all."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if refusal := upload_limits.refusal(self.request, file.size if file else None):
            raise forms.ValidationError(refusal)
        if file is None:
            raise forms.ValidationError(_("Please choose a file."))
        return file


class ReadingForm(forms.Form):
    """Asks how a file is to be read: its encoding and delimiter, and what each column is."""

    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        choices=list(ENCODINGS.items()),
        widget=UnfoldAdminSelectWidget,
        required=False,
    )
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Delimiter"),
        choices=list(DELIMITERS.items()),
        widget=UnfoldAdminSelectWidget,
        required=False,
    )

    def __init__(self, record: Import, data: Any = None) -> None:
        told = {"encoding": record.encoding, "delimiter": record.delimiter}
        super().__init__(data, initial=told)
        self.record = record
        for at, heading in enumerate(record.header):
            self.fields[f"column_{at}"] = _column(heading, record.mapping[at])
        if record.kind == "xlsx":
            del self.fields["encoding"]
        if record.kind != "csv":
            del self.fields["delimiter"]

    def columns(self) -> list[tuple[str, Any, list[str]]]:
        """Return for each column its heading, its field, and what the first rows have there."""
        samples = self.record.samples
        return [
            (heading, self[f"column_{at}"], samples[at])
            for at, heading in enumerate(self.record.header)
        ]

    def answer(self) -> tuple[Format, list[str] | None]:
        """Return the form of the file and the mapping; None where another header will be found."""
        told, was = self.cleaned_data, self.record.format
        chosen = {name: told.get(name) or getattr(was, name) for name in ("encoding", "delimiter")}
        format = replace(was, **chosen)
        mapping = [told[f"column_{at}"] for at in range(len(self.record.header))]
        return format, mapping if format == was and mapping else None


def _column(heading: str, chosen: str) -> forms.ChoiceField:
    own = chosen if chosen.startswith(DETAIL) else detail(heading)
    choices = [
        *((name, name) for name in COLUMNS),
        (own, _("keep as “%s”") % own.removeprefix(DETAIL)),
        (LEFT_OUT, _("leave out")),
    ]
    field = forms.ChoiceField(choices=choices, required=False, widget=UnfoldAdminSelectWidget)
    field.initial = chosen
    field.widget.attrs["aria-label"] = _("Meaning of “%s”") % heading
    return field
