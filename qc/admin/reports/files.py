"""Reports as files: tables as CSV and XLSX, their rows as objects in JSON."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.http import FileResponse, StreamingHttpResponse
from django.urls import URLPattern, path, reverse

from qc.admin.shared import downloads
from qc.exports import formats

ENDINGS = ("csv", "xlsx", "json")


def sent(
    rows: Iterator[Sequence[object]], stem: str, ending: str
) -> StreamingHttpResponse | FileResponse:
    """Return a file of some rows, the first of which are the headings."""
    name = f"{stem}.{ending}"
    if ending == "csv":
        return downloads.streamed(formats.csv_lines(rows), name, downloads.CSV)
    if ending == "xlsx":
        return downloads.workbook(formats.xlsx_file(rows), name)
    headings = list(map(str, next(rows)))
    objects = (dict(zip(headings, row, strict=True)) for row in rows)
    return downloads.streamed(formats.json_list(objects), name, downloads.JSON)


def paths(name: str, view: Callable[..., Any]) -> list[URLPattern]:
    """Return the addresses of a report's files, each with its `ending`."""
    return [
        path(f"reports/{name}.{ending}", view, {"ending": ending}, name=f"reports_{name}_{ending}")
        for ending in ENDINGS
    ]


def links(name: str, address: str) -> list[tuple[str, str]]:
    """Return the endings in capitals, each with the address of that file of a report."""
    return [(one.upper(), reverse(f"admin:{name}_{one}") + address) for one in ENDINGS]
