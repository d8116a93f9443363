"""Exports of tasks, reports and the audit trail as CSV, XLSX and JSON, written row by row."""
