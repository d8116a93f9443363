"""Lists that managers keep in a spreadsheet: exported, changed, imported again by a key.

An empty cell, or a column that is not there, leaves what is stored; a dash empties it. What is
written as the export would write it is no change, so a round trip changes nothing.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource

from qc.admin.shared.file_cells import column_of, in_each_language, plain
from qc.core.exceptions import QCError
from qc.models import User

EMPTIES = ("-", "–", "—")


class Column(Field):
    """A column: what a file says of an object, or else what is stored of it.

    With `may_be_empty` a dash makes it `empty`. Without a `label` it is called as on pages.
    """

    def __init__(
        self,
        attribute: str,
        name: str,
        widget: Any = None,
        *,
        label: str | Promise = "",
        may_be_empty: bool = False,
    ) -> None:
        super().__init__(attribute=attribute, column_name=name, widget=widget)
        self.label, self.may_be_empty = label, may_be_empty

    def get_value(self, instance: Any) -> Any:
        """Return the value as it is to become, or as it is stored."""
        changes: Mapping[str, Any] = getattr(instance, "changes", {})
        if self.column_name in changes:
            return changes[self.column_name]
        return self.stored(instance)

    def stored(self, instance: Any) -> Any:
        """Return the stored value."""
        return getattr(instance, self.attribute)

    def read(self, cell: str) -> Any:
        """Return the value of a cell. Raises ValueError."""
        if cell not in EMPTIES:
            return self.widget.clean(cell)
        if not self.may_be_empty:
            raise ValueError(_("This can't be emptied."))
        return self.empty()

    def empty(self) -> Any:
        """Return the value of what is emptied."""
        return ""


class ListResource(ModelResource):
    """Reads rows by their key: it adds objects that are new, and changes those that differ.

    Subclasses set the columns, and write the history of what they save.
    """

    # What else headings are called, in small letters; the column of the key; how many rows.
    headings: ClassVar[Mapping[str, str]] = {}
    key: ClassVar[str]
    most_rows: ClassVar[int] = 500

    def __init__(self, by: User | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Who imports; None for an export.
        self.by: Any = by
        self.numbers: list[int] = []
        self.first_rows: dict[str, int] = {}

    def label(self, column: Any) -> str:
        """Return what a column is called, in the reader's language."""
        return str(column.label or self._verbose_name(column))

    def get_diff_headers(self) -> list[str]:
        """Return the headings of the preview."""
        return [self.label(one) for one in self.get_import_fields()]

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        """Return the headings of an export; an import knows them in each language."""
        return [self.label(one) for one in self.get_export_fields(selected_fields)]

    def find(self, key: str) -> Any:
        """Return the stored object of a key, or None."""
        raise NotImplementedError

    def new(self, key: str) -> Any:
        """Return a new object of this key, which is not stored yet."""
        raise NotImplementedError

    def normal(self, key: str) -> str:
        """Return a key as it is compared."""
        raise NotImplementedError

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Take headings in any usual spelling. Raises ValidationError."""
        known = self._known_headings()
        dataset.headers = [column_of(cell, known) for cell in dataset.headers or ()]
        self._check_headings(dataset.headers)
        self.numbers = dataset.numbers
        if len(dataset) > self.most_rows:
            message = _("The file has %(n)d rows. At most %(most)d can be imported at once.")
            raise ValidationError(message % {"n": len(dataset), "most": self.most_rows})

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Name the rows with errors as the file counts them, and columns as pages do."""
        super().after_import(dataset, result, **kwargs)
        labels = {one.column_name: self.label(one) for one in self.get_import_fields()}
        for row in (*result.invalid_rows, *result.error_rows):
            row.number = self.numbers[row.number - 1]
        for row in result.invalid_rows:
            row.error_dict = {labels.get(name, name): e for name, e in row.error_dict.items()}

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Make texts of all cells. Raises ValidationError for a key that an earlier row has."""
        row.update({name: plain(cell) for name, cell in row.items()})
        if not row[self.key]:
            raise ValidationError({self.key: _("This field cannot be blank.")})
        number = self.numbers[kwargs["row_number"] - 1]
        first = self.first_rows.setdefault(self.normal(row[self.key]), number)
        if first != number:
            message = _("Duplicate of row %d. Each name may occur only once.") % first
            raise ValidationError({self.key: message})

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> Any:
        """Import a row. Raises what is no fault of the file's, such as a lost race for a lock."""
        result = super().import_row(row, instance_loader, **kwargs)
        for one in result.errors:
            _raise_if_ours(one.error)
        return result

    def handle_import_error(self, result: Any, error: Exception, raise_errors: bool) -> None:
        """Keep what is wrong with the file; raise anything else."""
        _raise_if_ours(error)
        super().handle_import_error(result, error, raise_errors)

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Any, bool]:
        """Return the object of a row, and whether it is new."""
        found = self.find(row[self.key])
        return (found, False) if found else (self.new(row[self.key]), True)

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """Set what a row changes. Raises ValidationError with the columns that are not right."""
        errors: dict[str, Any] = {}
        instance.changes = {}
        for column in self.get_import_fields():
            cell = row.get(column.column_name, "")
            if not cell or column.column_name == self.key or cell == plain(column.export(instance)):
                continue
            try:
                self._take(column, instance, cell)
            except (ValueError, ValidationError) as refusal:
                text = refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]
                errors[column.column_name] = ValidationError(text)
        if errors:
            raise ValidationError(errors)

    def take(self, instance: Any, column: str, value: Any) -> None:
        """Check a value that is to become another. Raises ValueError or ValidationError."""

    def _take(self, column: Any, instance: Any, cell: str) -> None:
        value = column.read(cell)
        if value == column.stored(instance):
            return
        self.take(instance, column.column_name, value)
        instance.changes[column.column_name] = value
        if column.attribute in {one.name for one in instance._meta.concrete_fields}:
            setattr(instance, column.attribute, value)

    def skip_row(self, instance: Any, original: Any, row: Any, errors: Any = None) -> bool:
        """Return whether a row changes nothing."""
        return not errors and instance.pk is not None and not instance.changes

    def validate_instance(
        self, instance: Any, errors: Any = None, validate_unique: bool = True
    ) -> None:
        """Check an object as its form would. Raises ValidationError by the names of columns."""
        found = dict(errors or {})
        try:
            instance.full_clean(validate_unique=False)
        except ValidationError as error:
            columns = {one.attribute: one.column_name for one in self.get_import_fields()}
            for name, some in error.error_dict.items():
                found.setdefault(columns.get(name, name), some)
        if found:
            raise ValidationError(found)

    def changed_columns(self, instance: Any) -> list[str]:
        """Return the names of the columns of the database that a row changes."""
        attributes = {one.column_name: one.attribute for one in self.get_import_fields()}
        concrete = {one.name for one in instance._meta.concrete_fields}
        return [attributes[name] for name in instance.changes if attributes[name] in concrete]

    def _verbose_name(self, column: Any) -> Any:
        return self._meta.model._meta.get_field(column.attribute).verbose_name

    def _known_headings(self) -> dict[str, str]:
        """Return the columns by what they are called, in each language."""
        called = {
            text: one.column_name
            for one in self.get_import_fields()
            for text in in_each_language(one.label or self._verbose_name(one))
        }
        return {**called, **self.headings}

    def _check_headings(self, headings: list[str]) -> None:
        labels = {one.column_name: self.label(one) for one in self.get_import_fields()}
        all_labels = ", ".join(labels.values())
        if self.key not in headings:
            message = _("The column %(missing)s is missing. Columns: %(all)s.")
            raise ValidationError(message % {"missing": labels[self.key], "all": all_labels})
        unknown = [name for name in headings if name not in labels]
        if unknown or len({*headings}) < len(headings):
            message = _("These columns are unknown, or there twice: %(names)s. Columns: %(all)s.")
            names = ", ".join(unknown or headings)
            raise ValidationError(message % {"names": names, "all": all_labels})


def _raise_if_ours(error: Exception) -> None:
    if not isinstance(error, ValidationError | QCError):
        raise error
