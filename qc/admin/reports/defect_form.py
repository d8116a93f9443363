"""The form of *Defects*: the span, what defects are counted by, and filters."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from qc.admin.reports.form import ColumnField, SpanForm
from qc.admin.shared.params import is_id
from qc.models import Severity
from qc.reports import defects
from qc.reports.defects import By, DefectQuery


class DefectForm(SpanForm):
    """The span, what defects are counted by, and filters."""

    PARAMS = ("by", "column", "first", "last", "queue", "severity")

    severity = forms.TypedChoiceField(
        choices=[("", gettext_lazy("All severities")), *Severity.choices],
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Severity"),
        widget=UnfoldAdminSelectWidget(),
    )
    column = ColumnField()

    def with_defaults(self, params: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters, counted by code by default."""
        data = super().with_defaults(params)
        if data.get("queue") and not is_id(data["queue"]):
            data["queue"] = "0"
        if data.get("by") not in By.values:
            data["by"] = By.CODE.value
        return data

    def query(self) -> DefectQuery:
        """Return the query of a valid form."""
        data = self.cleaned_data
        return DefectQuery(self.span(), By(self.data["by"]), data["severity"], data["column"])

    def offer_columns(self) -> None:
        """Let one of the sender's columns be chosen; the first is, where none is yet."""
        if self.data["by"] != By.COLUMN:
            del self.fields["column"]
            return
        self.choose_column(defects.columns(self.span()) if self.is_valid() else [])
