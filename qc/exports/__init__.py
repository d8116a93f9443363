"""Exports of tasks, reports and the audit trail as CSV, XLSX and JSON, written row by row."""

from qc.exports.formats import (
    MOST_ROWS,
    NoTable,
    blocks,
    csv_lines,
    exactly,
    json_lines,
    json_list,
    no_room,
    text_workbook,
    xlsx_file,
)

__all__ = [
    "MOST_ROWS",
    "NoTable",
    "blocks",
    "csv_lines",
    "exactly",
    "json_lines",
    "json_list",
    "no_room",
    "text_workbook",
    "xlsx_file",
]
