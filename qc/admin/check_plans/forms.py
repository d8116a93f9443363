"""The forms of a check plan: its settings, its items, and the queue that it is copied from."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from qc.admin.shared.dialogs import NoReasonForm
from qc.admin.shared.forms import PlainTextField, SeenForm
from qc.checks import plan_pictures
from qc.checks.plan_draft import Fault, complete, faults, plain
from qc.core.exceptions import Busy, InvalidInput
from qc.models import CheckPlan, PlanItem, Queue, User

# What browsers offer to choose. Photos that are none of these become JPEG on an iPhone.
ACCEPTED = "image/jpeg,image/png,image/webp,image/gif"
_REMOVED = _(
    "“%(item)s”: somebody else has removed this item meanwhile. Delete it here too, or write what "
    "you want to keep into a new item."
)


class PictureInput(forms.ClearableFileInput):
    """Shows the picture of an item, and takes another one in its place."""

    template_name = "qc/check_plans/picture_input.html"

    def __init__(self) -> None:
        super().__init__({"accept": ACCEPTED})

    def is_initial(self, value: Any) -> bool:
        """Return whether there is a picture."""
        return bool(value)


class PlanForm(SeenForm):
    """What the outcome of a check follows from, and for a new plan its queue."""

    class Meta:
        model = CheckPlan
        fields: ClassVar = ["queue", "rule", "pass_score"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("queue"):
            free = Queue.objects.open().filter(check_plan__isnull=True)
            field.queryset = free  # type: ignore[attr-defined]


class ItemForm(SeenForm):
    """An item. Its order is nobody's to contest: who saves last has moved it last."""

    new_picture = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=PictureInput,
        help_text=_("Shown beside the help: JPEG, PNG, WebP or GIF."),
    )

    class Meta:
        model = PlanItem
        fields: ClassVar = [
            "position",
            "section",
            "question",
            "kind",
            "options",
            "unit",
            "lower",
            "upper",
            "decimals",
            "is_required",
            "is_critical",
            "weight",
            "help",
            "only_if",
            "only_if_answers",
            "key",
        ]
        field_classes: ClassVar = {
            "help": PlainTextField,
            "options": PlainTextField,
            "only_if_answers": PlainTextField,
        }
        widgets: ClassVar = {
            "help": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "options": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "only_if_answers": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        }
        help_texts: ClassVar = {
            "only_if": _("The question, or the key, of an item before this one."),
            "only_if_answers": _("One on each line, such as “Not OK”."),
            "key": _("Its name in exports and in the API. Left empty: made from the question."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("position", "decimals", "weight"):
            self.fields[name].required = False
        self.fields["position"].show_hidden_initial = False
        self.fields["new_picture"].show_hidden_initial = False
        self.initial["new_picture"] = self.instance.picture_id
        if self.instance.pk:
            key = self.fields["key"]
            key.disabled, key.show_hidden_initial = True, False
            for name in ("lower", "upper"):
                self.initial[name] = plain(self.initial[name])

    def _get_validation_exclusions(self) -> set[str]:
        """Leave what the table's constraints say to the formset, which shows it at its field."""
        return super()._get_validation_exclusions() | {"key", "lower"}  # type: ignore[misc]

    def clean_new_picture(self) -> Any:
        """Return a picture that was chosen as it is stored, False for none from now on."""
        chosen = self.cleaned_data["new_picture"]
        if not isinstance(chosen, File):
            return chosen
        try:
            return plan_pictures.prepare(chosen)
        except (InvalidInput, Busy) as refusal:
            raise ValidationError(str(refusal)) from refusal

    def store_picture(self, by: User) -> None:
        """Give the item the picture that was chosen, or take it away."""
        if "new_picture" in self.changed_data:
            chosen = self.cleaned_data["new_picture"]
            self.instance.picture = plan_pictures.store(chosen, by=by) if chosen else None

    def clean(self) -> Any:
        """Use a number's own default where it was left empty."""
        cleaned = super().clean()
        for name in ("decimals", "weight"):
            if cleaned.get(name) is None and name in cleaned:
                cleaned[name] = getattr(PlanItem(), name)
        return cleaned


class ItemFormSet(PaginationInlineFormSet):
    """The items of a plan in their order, those included that somebody else has added meanwhile."""

    # Who saves, and why the files of the request were not taken.
    by: User
    refusal = ""

    def clean(self) -> None:
        """Make keys and check the whole plan, once each item is right in itself."""
        self.forms_of_items = {id(form.instance): form for form in self._kept_forms()}
        self.items = self._items()
        if not any(self.errors):
            complete(self.items)
            for fault in faults(self.instance, self.items):
                self._show(fault)
        for form in self._kept_forms():
            if "id" in form.errors:
                self._non_form_errors.append(_REMOVED % {"item": form.instance})
        if self.refusal:
            self._non_form_errors.append(self.refusal)
        # Django pairs the forms of the page with these: with one less, it would drop a form.
        self._queryset = [form.instance for form in self.initial_forms]

    def save(self, commit: bool = True) -> Any:
        """Save the items, all with their place, and the conditions as they are spelled alike."""
        for form in self._kept_forms():
            form.store_picture(self.by)
        saved = super().save(commit)
        for position, item in enumerate(self.items):
            item.position = position
        PlanItem.objects.bulk_update(self.items, ["position", "only_if", "only_if_answers"])
        return saved

    def _kept_forms(self) -> list[Any]:
        kept = [form for form in self.forms if not self._should_delete_form(form)]
        return [form for form in kept if form.instance.pk or form.has_changed()]

    def _items(self) -> Sequence[PlanItem]:
        """Return the items in the order of the page; new ones without a place come last."""
        forms = sorted(self.forms_of_items.values(), key=_place)
        seen = {form.instance.pk for form in self.initial_forms}
        added = [item for item in self.get_queryset() if item.pk not in seen]
        return [*(form.instance for form in forms), *added]

    def _show(self, fault: Fault) -> None:
        form = self.forms_of_items.get(id(fault.item))
        if form and fault.field in form.fields:
            form.add_error(fault.field, fault.message)
        else:
            self._non_form_errors.append(str(fault))


def _place(form: Any) -> tuple[bool, int]:
    place = form.cleaned_data.get("position") if form.is_valid() else None
    is_placed = place is not None and bool(form.instance.pk or place)
    return (not is_placed, place or 0)


class CopyForm(NoReasonForm):
    """Asks for the queue whose plan is to be copied."""

    from_queue = forms.ModelChoiceField(
        Queue.objects.filter(check_plan__isnull=False),
        label=_("Copy from"),
        empty_label=_("Choose a queue"),
        widget=UnfoldAdminSelectWidget(),
    )
