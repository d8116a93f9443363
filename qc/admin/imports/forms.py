"""The upload of a file to import; how it is read is asked by `qc.admin.imports.reading_forms`."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget

from qc.models import Queue
from qc.web import upload_limits

ENDINGS = ".csv,.tsv,.txt,.xlsx,.json,.jsonl,.ndjson,text/csv,application/json"


class UploadForm(forms.Form):
    """The upload of a CSV, XLSX or JSON file, perhaps for a queue whose page led here."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ENDINGS}),
        required=False,
    )

    def __init__(self, request: HttpRequest) -> None:
        is_sent = request.method == "POST"
        super().__init__(request.POST if is_sent else None, request.FILES if is_sent else None)
        self.request = request
        name = request.GET.get("queue", "")
        self.queue = Queue.objects.open().by_name().get(name) if name else None

    def clean_file(self) -> UploadedFile:
        """Return the file. Raise ValidationError if it is too large or missing."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if refusal := upload_limits.refusal(self.request, file.size if file else None):
            raise forms.ValidationError(refusal)
        if file is None:
            raise forms.ValidationError(_("Please choose a file."))
        return file

    @property
    def values(self) -> dict[str, Any]:
        """What all rows get that do not say it themselves."""
        return {"queue": self.queue.name} if self.queue else {}
