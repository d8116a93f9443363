"""Workbooks (XLSX), read and written row by row in bounded memory."""
