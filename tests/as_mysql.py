"""MySQL 8, emulated on MariaDB: no MySQL can be installed where these tests run.

`pytest --as-mysql` makes Django take the server for MySQL 8, so that it writes MySQL's SQL and asks
for no `RETURNING`. What MariaDB would let pass is made an error here, or the same as on MySQL:

- ranks of windows are unsigned: a subtraction below zero is error 1690,
- JSON columns sort their keys, by length and then by character, and keep no number above 64 bits,
- a table that is written can't be read in the same statement (error 1093),
- MySQL's reserved words that MariaDB does not reserve must be quoted,
- `DROP CHECK`, `REGEXP_LIKE` and `->>`, which MariaDB spells otherwise.

Indexes on expressions, which MariaDB lacks, are left out. It is no MySQL: docs/databases.md says
what that leaves open.
"""

import re
from typing import Any

from django.db import models
from django.db.backends.mysql import base
from django.db.backends.mysql.features import DatabaseFeatures

VERSION = "8.0.36"
RANKS = re.compile(r"\b(?:ROW_NUMBER|RANK|DENSE_RANK|NTILE)\(\d*\)\s+OVER\s+\([^()]*\)", re.I)
# Reserved by MySQL 8, not by MariaDB 10.11.
RESERVED = re.compile(
    r"(?<![`'\w@.%])(?:CUBE|EMPTY|FUNCTION|GROUPING|GROUPS|JSON_TABLE|LATERAL|OF|SYSTEM"
    r"|CUME_DIST|DENSE_RANK|FIRST_VALUE|LAG|LAST_VALUE|LEAD|NTH_VALUE|NTILE|PERCENT_RANK|RANK"
    r"|ROW_NUMBER)(?![`'\w(])",
    re.I,
)
WRITTEN = re.compile(r"\s*(?:UPDATE|DELETE FROM)\s+`?(\w+)`?", re.I)
REGEXP = re.compile(r"REGEXP_LIKE\(([^,]+), ([^,]+), 'c'\)")
TEXT_OF_JSON = re.compile(r"\(([^\s()]+) ->> %s\)")
QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'")


def pretend() -> None:
    """Make Django and MariaDB behave like MySQL from now on."""
    _change_version()
    DatabaseFeatures.supports_expression_indexes = False
    _change_statements()
    _change_json()


def _change_version() -> None:
    real = base.DatabaseWrapper.mysql_server_data.func

    def mysql_server_data(self: Any) -> Any:
        return real(self) | {"version": VERSION}

    base.DatabaseWrapper.mysql_server_data.func = mysql_server_data
    base.DatabaseWrapper.mysql_server_data.real_func = mysql_server_data


def _change_statements() -> None:
    execute = base.CursorWrapper.execute

    def as_mysql(self: Any, query: Any, args: Any = None) -> Any:
        return execute(self, translated(query) if isinstance(query, str) else query, args)

    base.CursorWrapper.execute = as_mysql


def translated(sql: str) -> str:
    """Return what MariaDB is to run for a statement; raise what MySQL would raise at once."""
    plain = QUOTED.sub("''", sql)
    if found := RESERVED.search(plain):
        raise base.Database.ProgrammingError(1064, f"{found[0]} is reserved in MySQL: {sql}")
    written = WRITTEN.match(plain)
    if written and re.search(rf"\b(?:FROM|JOIN)\s+`?{written[1]}\b", plain[written.end() :], re.I):
        raise base.Database.OperationalError(1093, f"MySQL can't read what it writes: {sql}")
    sql = re.sub(r"\bDROP CHECK\b", "DROP CONSTRAINT", sql)
    sql = REGEXP.sub(r"(\1 REGEXP BINARY \2)", sql)
    sql = TEXT_OF_JSON.sub(r"JSON_UNQUOTE(JSON_EXTRACT(\1, %s))", sql)
    return RANKS.sub(lambda rank: f"CAST({rank[0]} AS UNSIGNED)", sql)


def _change_json() -> None:
    from_db_value = models.JSONField.from_db_value

    def sorted_by_mysql(self: Any, value: Any, expression: Any, connection: Any) -> Any:
        found = from_db_value(self, value, expression, connection)
        return normalised(found) if self.db_type(connection) == "json" else found

    models.JSONField.from_db_value = sorted_by_mysql


def normalised(value: Any) -> Any:
    """Return a value as MySQL's JSON type gives it back."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: normalised(value[key]) for key in keys}
    if isinstance(value, list):
        return [normalised(one) for one in value]
    is_wide = type(value) is int and not -(2**63) <= value < 2**64
    return float(value) if is_wide else value
