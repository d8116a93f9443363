"""How tests with real transactions empty large tables on MariaDB: by TRUNCATE.

Django deletes the rows. After hundreds of thousands, the server needs minutes to purge what it has
deleted, and until then each `DELETE` of the tests that follow reads all of it again.
"""

from typing import Any

from django.db import connection
from django.db.backends.mysql.operations import DatabaseOperations

MANY = 2000
LARGE = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_rows > %s
"""


def empty_large_tables_at_once() -> None:
    """Let Django flush by TRUNCATE what is large, and by DELETE, which is quicker, all else."""
    delete_from = DatabaseOperations.sql_flush

    def sql_flush(self: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(LARGE, [MANY])
            large = {name for (name,) in cursor.fetchall()}.intersection(tables)
        small = delete_from(self, style, [one for one in tables if one not in large], **options)
        return [*small[:-1], *(f"TRUNCATE {self.quote_name(one)}" for one in large), *small[-1:]]

    DatabaseOperations.sql_flush = sql_flush
