"""The form of *Control charts*: the chart, its span and queue, the item and groups of values."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from qc.admin.reports.form import SpanForm
from qc.admin.shared.params import is_id
from qc.models import Queue
from qc.reports import answers
from qc.reports.chart_points import SIZES, USUAL_SIZE, ChartQuery
from qc.reports.control_charts import ChartKind
from qc.web.report_filters import A_MONTH


class ControlForm(SpanForm):
    """The chart, its span and queue, and the item of a chart of values."""

    PARAMS = ("kind", "first", "last", "queue", "item", "size")
    USUAL = A_MONTH

    item = forms.ChoiceField(
        label=gettext_lazy("Item"), required=False, widget=UnfoldAdminSelectWidget()
    )

    size = forms.TypedChoiceField(
        label=gettext_lazy("Checks in a point"),
        coerce=int,
        choices=[(n, n) for n in SIZES],
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__(params)
        if self.kind != ChartKind.GROUPS:
            del self.fields["size"]
        self.fields["queue"].required = True
        self.fields["queue"].empty_label = None  # type: ignore[attr-defined]
        if not self.kind.is_of_values:
            del self.fields["item"]
            return
        items = answers.number_items(int(self.data["queue"]))
        numbers = [(one.key, one.question) for one in items]
        self.fields["item"].choices = numbers  # type: ignore[attr-defined]
        if self.data.get("item") not in dict(numbers):
            self.data["item"] = next(iter(dict(numbers)), "")  # type: ignore[index]

    @property
    def kind(self) -> ChartKind:
        """The kind of the chart."""
        return ChartKind(self.data["kind"])

    def with_defaults(self, params: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters; by default failed checks of the first queue in thirty days."""
        data = super().with_defaults(params)
        if data.get("kind") not in ChartKind.values:
            data["kind"] = ChartKind.FAILED.value
        if data.get("size", "") not in map(str, SIZES):
            data["size"] = str(USUAL_SIZE)
        if not is_id(data.get("queue", "")):
            first = Queue.objects.open().order_by("name").values_list("pk", flat=True).first()
            data["queue"] = str(first or 0)
        return data

    def query(self) -> ChartQuery:
        """Return the query of a valid form."""
        data = self.cleaned_data
        return ChartQuery(self.kind, self.span(), data.get("item", ""), data.get("size", 0))
