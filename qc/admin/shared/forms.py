"""Fields and forms that tell what their user changed from what changed meanwhile."""

from typing import Any

from django import forms


class PlainTextField(forms.CharField):
    """A text that is unchanged when only blanks around it, or the ends of its lines, differ."""

    def to_python(self, value: Any) -> str:
        """Return the text with plain line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the text differs from what it was."""
        return super().has_changed(self.to_python(initial), data)


class SeenForm(forms.ModelForm):
    """A form whose changes are what its user changed, against what they saw.

    Whatever else has changed since the page was opened, such as a priority that the sweep has
    raised, is left as it is.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for field in self.fields.values():
                field.show_hidden_initial = True
