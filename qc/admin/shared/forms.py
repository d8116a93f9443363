"""Fields and forms that save only what their user has changed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from qc.admin.shared.shown_values import shown


class PlainTextField(forms.CharField):
    """A text; blanks around it and the kind of its line ends are no change."""

    def to_python(self, value: Any) -> str:
        """Return the text with `\\n` as line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the text differs from the initial one."""
        return super().has_changed(self.to_python(initial), data)


class SeenField(forms.BoundField):
    """A field of a form that knows what its user saw, what is stored now and what they entered."""

    @property
    def is_contested(self) -> bool:
        """Whether somebody else has changed the value meanwhile, and not to the one entered."""
        if not self.field.show_hidden_initial:
            return False
        now = _sent_by(self.field.hidden_widget(), self.field.prepare_value(self.initial))
        has_moved = _plain(self._seen) != _plain(now)
        return has_moved and self.field.has_changed(self.initial, self.data)

    @cached_property
    def is_untouched(self) -> bool:
        """Whether its user sent the value back as they saw it."""
        if not (self.form.is_bound and self.field.show_hidden_initial):
            return False
        seen, sent = self._seen, super().data
        try:
            return not self.field.has_changed(self.field.to_python(seen), sent)
        except ValidationError:  # such as a queue that is closed now
            return _plain(seen) == _plain(sent)

    @property
    def data(self) -> Any:
        """What its user entered, or the stored value where they touched nothing."""
        return self._stored if self.is_untouched else super().data

    def as_hidden(self, attrs: Any = None, **kwargs: Any) -> SafeString:
        """Return the hidden value that is seen now: the stored one, untouched or contested."""
        is_stored = self.is_untouched or self.name in self.form.contested  # type: ignore[attr-defined]
        if not kwargs.get("only_initial") or not is_stored:
            return super().as_hidden(attrs, **kwargs)
        seen = self.field.prepare_value(self.initial)
        attrs = (attrs or {}) | {"id": self.html_initial_id}
        widget, renderer = self.field.hidden_widget(), self.form.renderer
        return widget.render(self.html_initial_name, seen, attrs, renderer)

    def _has_changed(self) -> bool:
        return not self.is_untouched and super()._has_changed()  # type: ignore[misc]

    @property
    def _seen(self) -> Any:
        widget, form = self.field.hidden_widget(), self.form
        return widget.value_from_datadict(form.data, form.files, self.html_initial_name)

    @property
    def _stored(self) -> Any:
        """Return the stored value as the widget gives what was sent."""
        value, widget = self.field.prepare_value(self.initial), self.field.widget
        return widget.decompress(value) if isinstance(widget, forms.MultiWidget) else value


class SeenForm(forms.ModelForm):
    """A form that compares its values with those that its user saw.

    What has changed in the database since the page was opened, such as a priority that somebody
    has set, is kept: a field that its user left alone has the stored value, in each check and when
    it is shown again. Where its user has changed the same field they are warned, and asked to save
    again.
    """

    bound_field_class = SeenField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contested: set[str] = set()
        if self.instance.pk:
            for field in self.fields.values():
                field.show_hidden_initial = True

    def clean(self) -> Any:
        """Warn at each field that both its user and somebody else have changed."""
        cleaned = super().clean()
        if self.instance.pk:
            self.contested = {
                name
                for name in self.changed_data
                if name in self.cleaned_data and self[name].is_contested  # type: ignore[attr-defined]
            }
        for name in self.contested:
            self.add_error(name, self._warning(name, self.cleaned_data[name]))
        return cleaned

    def _warning(self, name: str, entered: Any) -> str:
        field = self.fields[name]
        values = {"now": shown(field, self[name].initial), "entered": shown(field, entered)}
        return _("Now it is %(now)s; you entered %(entered)s. Save again to overwrite.") % values


def _sent_by(widget: forms.Widget, value: Any) -> Any:
    """Return what a browser sends of a hidden value, in one piece or in several."""
    shown = widget.get_context("value", value, {})["widget"]
    return (
        [part["value"] for part in shown["subwidgets"]] if "subwidgets" in shown else shown["value"]
    )


def _plain(sent: Any) -> Any:
    """Return what was sent as text: browsers change line ends, and a set has no order."""
    if isinstance(sent, list | tuple):
        return sorted(_plain(part) for part in sent)
    return "" if sent is None else str(sent).replace("\r\n", "\n")
