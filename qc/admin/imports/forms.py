"""The forms of an import: the file, and how it is read."""

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
    """The upload of a CSV, XLSX or JSON file."""

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
        """Return the file. Raise ValidationError if it is too large or missing."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if refusal := upload_limits.refusal(self.request, file.size if file else None):
            raise forms.ValidationError(refusal)
        if file is None:
            raise forms.ValidationError(_("Please choose a file."))
        return file


class SelectField(forms.ChoiceField):
    """An optional choice from a list."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=UnfoldAdminSelectWidget, **options)


class ReadingForm(forms.Form):
    """How a file is read: its encoding and delimiter, and the meaning of each column."""

    encoding = SelectField(label=gettext_lazy("Encoding"), choices=ENCODINGS)
    delimiter = SelectField(label=gettext_lazy("Delimiter"), choices=DELIMITERS)

    def __init__(self, record: Import, data: Any = None) -> None:
        initial = {"encoding": record.encoding, "delimiter": record.delimiter}
        super().__init__(data, initial=initial)
        self.record = record
        for at, heading in enumerate(record.header):
            self.fields[f"column_{at}"] = _column(heading, record.mapping[at])
        if record.kind == "xlsx":
            del self.fields["encoding"]
        if record.kind != "csv":
            del self.fields["delimiter"]

    def columns(self) -> list[tuple[str, Any, list[str]]]:
        """Return each column's heading, its field, and its values in the first rows."""
        samples = self.record.samples
        return [
            (heading, self[f"column_{at}"], samples[at])
            for at, heading in enumerate(self.record.header)
        ]

    def answer(self) -> tuple[Format, list[str] | None]:
        """Return the chosen format and mapping; no mapping if the header may be another one."""
        data, before = self.cleaned_data, self.record.format
        chosen = {name: data[name] for name in ("encoding", "delimiter") if data.get(name)}
        format = replace(before, **chosen)
        mapping = [data[f"column_{at}"] for at in range(len(self.record.header))]
        return format, mapping if format == before and mapping else None


def _column(heading: str, chosen: str) -> forms.ChoiceField:
    detail_name = chosen if chosen.startswith(DETAIL) else detail(heading)
    choices = [
        *((name, name) for name in COLUMNS),
        (detail_name, _("keep as “%s”") % detail_name.removeprefix(DETAIL)),
        (LEFT_OUT, _("leave out")),
    ]
    field = SelectField(choices=choices, initial=chosen)
    field.widget.attrs["aria-label"] = _("Meaning of “%s”") % heading
    return field
