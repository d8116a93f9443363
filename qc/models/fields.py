"""Our own kinds of columns."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class ExactField(models.CharField):
    """A text that is compared character by character on every database.

    MariaDB's usual collations treat "é" and "e" as equal, SQLite does not.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """Make MariaDB and MySQL compare character by character, as SQLite does anyway."""
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters


class ReferenceField(ExactField):
    """The senders' name for a task, without regard to case on every database.

    It is stored in capitals without blanks around it.
    """

    def to_python(self, value: Any) -> Any:
        """Return the reference as it is stored."""
        text = super().to_python(value)
        return text.strip().upper() if isinstance(text, str) else text

    def get_prep_value(self, value: Any) -> Any:
        """Return the reference as it is looked up."""
        return self.to_python(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Set the stored spelling on the object too, so that its history row has the same."""
        value = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value


class OrderedJSONField(models.JSONField):
    """An object whose keys keep their order on every database: the columns of the sender's file.

    MySQL's own type sorts them, and rounds numbers beyond 64 bits, so there it is kept as text, as
    MariaDB and SQLite keep all JSON.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> Any:
        """Return the type of the column."""
        is_mysql = connection.vendor == "mysql" and not connection.mysql_is_mariadb  # type: ignore[attr-defined]
        return "longtext" if is_mysql else super().db_type(connection)
