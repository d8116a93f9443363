"""Defect codes as rows of a file: exported, and imported again without any change."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from qc.admin.defect_codes.columns import HEADINGS, QueuesWidget, SeverityWidget
from qc.admin.shared.file_cells import YesNoWidget, column_of, plain
from qc.checks import defect_codes
from qc.models import DefectCode

COLUMNS = ("group", "code", "name", "name_de", "severity", "active", "queues")
NEEDED = ("code", "name")
MOST_ROWS = 2000


class DefectCodeResource(resources.ModelResource):
    """Reads rows by their code: it adds those that are new, and changes those that differ.

    A row whose every value is there already changes nothing. Each change leaves its event.
    """

    severity = fields.Field("severity", "severity", SeverityWidget())
    active = fields.Field("is_active", "active", YesNoWidget())
    queues = fields.Field("queues", "queues", QueuesWidget())

    class Meta:
        model = DefectCode
        fields: ClassVar = COLUMNS
        import_order = export_order = COLUMNS
        import_id_fields: ClassVar = ["code"]
        use_transactions = True
        clean_model_instances = True
        skip_unchanged = True

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Take headings in any usual spelling. Raises ValidationError."""
        dataset.headers = [column_of(cell, HEADINGS) for cell in dataset.headers or ()]
        _check_headings(dataset.headers)
        self.numbers = dataset.numbers
        if len(dataset) > MOST_ROWS:
            message = _("The file has %(n)d rows. At most %(most)d can be imported at once.")
            raise ValidationError(message % {"n": len(dataset), "most": MOST_ROWS})
        self.first_rows: dict[str, int] = {}

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Name the rows with errors as the file counts them."""
        super().after_import(dataset, result, **kwargs)
        for row in (*result.invalid_rows, *result.error_rows):
            row.number = self.numbers[row.number - 1]

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Make texts of all cells. Raises ValidationError for a code that an earlier row has."""
        row.update({name: plain(cell) for name, cell in row.items()})
        row["code"] = row["code"].upper()
        number = self.numbers[kwargs["row_number"] - 1]
        first = self.first_rows.setdefault(row["code"], number)
        if first != number:
            message = _("Duplicate of row %d. Each code may occur only once.") % first
            raise ValidationError({"code": message})
        self.before = defect_codes.Recorded()

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """Set the values of a row. Raises ValidationError with the columns that are not right."""
        errors = {}
        for field in self.get_import_fields():
            try:
                if not isinstance(field.widget, widgets.ManyToManyWidget):
                    self.import_field(field, instance, row, **kwargs)
                elif field.column_name in row:
                    field.clean(row)
            except ValueError as refusal:
                errors[field.column_name] = ValidationError(str(refusal))
        if errors:
            raise ValidationError(errors)

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """Remember what is stored."""
        self.before = defect_codes.as_recorded(instance.pk)

    def save_m2m(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """Save the queues too, and the event of the whole change."""
        super().save_m2m(instance, row, **kwargs)
        defect_codes.record(self.before, defect_codes.as_recorded(instance.pk))


def _check_headings(headings: list[str]) -> None:
    missing = [name for name in NEEDED if name not in headings]
    unknown = [name for name in headings if name not in COLUMNS]
    if missing:
        message = _("The column %(missing)s is missing. Columns: %(all)s.")
        names = {"missing": ", ".join(missing), "all": ", ".join(COLUMNS)}
        raise ValidationError(message % names)
    if unknown or len({*headings}) < len(headings):
        message = _("These columns are unknown, or there twice: %(names)s. Columns: %(all)s.")
        names = {"names": ", ".join(unknown or headings), "all": ", ".join(COLUMNS)}
        raise ValidationError(message % names)
