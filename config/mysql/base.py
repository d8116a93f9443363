"""Django's backend for MariaDB and MySQL, without the round trips that nothing depends on."""

from time import monotonic
from typing import Any

from django.db.backends.base.base import debug_transaction  # type: ignore[attr-defined]
from django.db.backends.mysql import base

# A connection that was used within so many seconds is taken to be alive.
FRESH_SECONDS = 5


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is asked whether it is alive only after a while without use.

    Its transactions are `START TRANSACTION` to `COMMIT`: Django would switch autocommit off before
    each, and on again after it.
    """

    used_at = float("-inf")

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor, and note that the connection is used now."""
        self.used_at = monotonic()
        return super().create_cursor(name)

    def close_if_health_check_failed(self) -> None:
        """Close a connection that has ended, if it was not used lately."""
        if monotonic() - self.used_at > FRESH_SECONDS:
            super().close_if_health_check_failed()

    def _start_transaction_under_autocommit(self) -> None:
        with debug_transaction(self, "BEGIN"), self.wrap_database_errors:
            self.connection.query("START TRANSACTION")

    def _set_autocommit(self, autocommit: bool) -> None:
        # The driver knows it from the server's last answer.
        if self.connection.get_autocommit() != autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]
