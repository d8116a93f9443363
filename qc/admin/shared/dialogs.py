"""Actions that ask for a reason in a dialog, and change something only when it is posted."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Self

from django import forms
from django.contrib import messages
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from qc.admin.shared.dialog_subjects import subject_of
from qc.core.exceptions import InvalidInput, QCError
from qc.models import User
from qc.web import proofs

Text = str | Promise


REASON = _("Reason")


def reason_field(*, label: Any = REASON, required: bool = True) -> Any:
    """Return a field for a reason, which is kept in the history."""
    return forms.CharField(
        label=label,
        help_text=_("The reason is kept in the history."),
        max_length=500,
        required=required,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "dir": "auto"}),
    )


class ReasonForm(BaseDialogForm):
    """Asks for a reason, which is kept in the history."""

    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The cursor is in the first field that must be filled in, or else in the first of all.
        fields = [field for field in self.fields.values() if not field.widget.is_hidden]
        if fields:
            first = min(fields, key=lambda field: not field.required)
            first.widget.attrs["autofocus"] = True

    @classmethod
    def posted(cls, request: HttpRequest) -> Self:
        """Return the form as the request has filled it in, empty where it was not shown yet."""
        return cls(request, data=request.POST if "_form_submitted" in request.POST else None)

    def render_before_template(self) -> str:
        """Return what the dialog is about, in words; "" where a form is for many."""
        item = getattr(self.request, "dialog_item", None)
        context = {"subject": subject_of(item())} if item else {}
        return render_to_string("qc/shared/dialog_subject.html", context) if item else ""

    def answers(self) -> dict[str, Any]:
        """Return the values of the fields, by name."""
        return {name: one for name, one in self.cleaned_data.items() if name != "_form_submitted"}

    def refuse(self, error: QCError) -> None:
        """Show a refusal under the field it is about."""
        field = error.field if isinstance(error, InvalidInput) else ""
        self.add_error(field if field in self.fields else "reason", str(error))


class OptionalReasonForm(ReasonForm):
    """Asks for a reason, which may be left out."""

    reason = reason_field(required=False)


class NoReasonForm(ReasonForm):
    """Asks for a confirmation only."""

    reason = None

    def refuse(self, error: QCError) -> None:
        """Show a refusal in place of the reason."""
        self.fields["reason"] = forms.CharField(label=_("Nothing was changed"), required=False)
        self.add_error("reason", str(error))


class FreePersonField(forms.ModelChoiceField):
    """A choice of the people who are free now, idle longest first."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            User.objects.none(),
            label=_("Person"),
            **options,
            empty_label=_("Choose a free person"),
            error_messages={
                "invalid_choice": _("This person is no longer free. Please choose another one.")
            },
            widget=UnfoldAdminSelectWidget(),
        )

    def label_from_instance(self, obj: Any) -> str:
        """Return a person's names, how many tasks they have and their capacity."""
        name = f"{obj.get_full_name()} ({obj})" if obj.get_full_name() else str(obj)
        return gettext("%(person)s, has %(held)d of %(most)d tasks") % {
            "person": name,
            "held": obj.open_tasks,
            "most": obj.capacity,
        }


class AssignForm(ReasonForm):
    """Asks for the person who is to have a task, and for a reason."""

    person = FreePersonField()
    field_order = ("person", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["person"]
        people.queryset = User.objects.free().doing_qc()
        if not people.queryset.exists():
            people.empty_label = _("Nobody is free now")

    def answers(self) -> dict[str, Any]:
        """Return the answers, with the person as `person_id`."""
        answers = super().answers()
        return {"person_id": answers.pop("person").pk, **answers}


def dialog_action(  # noqa: PLR0913
    name: str,
    run: Callable[..., object],
    *,
    label: Text,
    question: Text,
    done: Text,
    icon: str,
    form: type[ReasonForm] = ReasonForm,
    variant: ActionVariant = ActionVariant.DEFAULT,
    permission: str = "steer",
    needs_proof: bool = False,
) -> Any:
    """Return an admin action that asks in a dialog, then calls `run(id, by=…, **answers)`.

    It is for users with `has_…_permission` of its admin, with `needs_proof` only if they have
    shown a few minutes ago at most who they are (`qc.web.proofs`).
    """
    dialog = ActionDialog(
        title=label, description=question, form_class=form, form_submit_text=label
    )
    act = action(
        description=label,
        url_path=name.replace("_", "-"),
        icon=icon,
        variant=variant,
        permissions=[permission],
        dialog=dialog,
    )(_view(name, run, done, dialog))
    act = _named(act)
    return _proven(act) if needs_proof else act


def _named(act: Any) -> Any:
    """Return an action whose dialog says what it is about."""

    @wraps(act)
    def show(model_admin: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Read only when the dialog is drawn: after it is known that this user may open it.
        request.dialog_item = partial(find, model_admin, request, kwargs["object_id"])  # type: ignore[attr-defined]
        response: HttpResponse = act(model_admin, request, *args, **kwargs)
        return response

    return show


def _proven(act: Any) -> Any:
    """Return an action that asks for a proof before its dialog opens, and when it is sent."""

    @wraps(act)
    def check(model_admin: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        proofs.check(request)
        response: HttpResponse = act(model_admin, request, *args, **kwargs)
        return response

    return check


def _view(name: str, run: Callable[..., object], done: Text, dialog: ActionDialog) -> Any:
    """Return the view of the action, which is the attribute `name` of its admin.

    It shows a QCError of `run` in the dialog. Otherwise it goes to the page named by `?next=`, or
    to the object's own.
    """

    def act(model_admin: Any, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        item = find(model_admin, request, object_id)
        try:
            run(item.pk, by=request.user, **form.answers())
        except QCError as error:
            form.refuse(error)
            context = {"dialog": dialog, "form": form, "form_submit_text": dialog["title"]}
            return render(request, "unfold/helpers/dialog.html", context)
        messages.success(request, done % {"item": item})
        page = next_page(request, reverse(admin_urlname(item._meta, "change"), args=[item.pk]))  # type: ignore[arg-type]
        if "HX-Request" in request.headers:
            return HttpResponse(headers={"HX-Redirect": page})
        return HttpResponseRedirect(page)

    act.__name__ = name
    return act


def find(model_admin: Any, request: HttpRequest, object_id: str) -> Any:
    """Return the object whose id is in the address. Raise Http404 where there is none."""
    try:
        return model_admin.get_queryset(request).get(pk=unquote(object_id))
    except (model_admin.model.DoesNotExist, ValueError, ValidationError) as error:
        raise Http404 from error


def next_page(request: HttpRequest, otherwise: str) -> str:
    """Return the page of this site named by `?next=`, or else `otherwise`."""
    page = request.GET.get("next", "")
    return page if url_has_allowed_host_and_scheme(page, allowed_hosts=None) else otherwise
