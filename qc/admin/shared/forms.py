"""Fields and forms that save only what their user has changed."""

from typing import Any

from django import forms


class PlainTextField(forms.CharField):
    """A text; blanks around it and the kind of its line ends are no change."""

    def to_python(self, value: Any) -> str:
        """Return the text with `\\n` as line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the text differs from the initial one."""
        return super().has_changed(self.to_python(initial), data)


class SeenForm(forms.ModelForm):
    """A form that compares its values with those that its user saw.

    What has changed in the database since the page was opened, such as a priority that the sweep
    has raised, is kept.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for field in self.fields.values():
                field.show_hidden_initial = True
