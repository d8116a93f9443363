"""Who waits for whom on MariaDB."""

from django.db import connection


def somebody_waits_for_a_lock() -> bool:
    """Return whether a transaction waits now for a row that another one has locked.

    `information_schema.innodb_trx` is renewed each 0.1 s only: it may still have those of a test
    before. This is as it is now, and below the latest deadlock that there was.
    """
    with connection.cursor() as cursor:
        cursor.execute("SHOW ENGINE INNODB STATUS")
        _kind, _name, status = cursor.fetchone()
    return "\nLOCK WAIT " in status.rpartition("\nTRANSACTIONS\n")[2]
