"""Reports as the API answers them: times in seconds, shares as parts of one."""

from datetime import date, timedelta
from typing import Any

from qc.reports.answers import ItemRow
from qc.reports.defects import DefectQuery, Pareto
from qc.reports.intervals import Rate
from qc.reports.percentiles import Times
from qc.reports.rates import Rates
from qc.reports.report import Report, ReportQuery, ReportRow
from qc.reports.span import Span


def of_report(query: ReportQuery, found: Report) -> dict[str, Any]:
    """Return what was completed, its times, and what was given back."""
    by_number = sorted(found.rows, key=lambda row: (-row.done, row.name))
    rows = sorted(found.rows, key=lambda row: row.name) if query.by == "day" else by_number
    return {
        **of_span(Span(query.first, query.last, query.queue)),
        "by": query.by.value,
        "column": query.column,
        "person": query.person,
        "rows": list(map(_of_row, rows)),
        "total": _of_row(found.total),
        "left_out": found.left_out,
        "is_sampled": found.is_sampled,
    }


def of_rates(span: Span, found: Rates) -> dict[str, Any]:
    """Return what was right at once."""
    names = ("first_pass", "rework", "rejected")
    return {**of_span(span), **{name: _of_rate(getattr(found, name)) for name in names}}


def of_pareto(query: DefectQuery, found: Pareto) -> dict[str, Any]:
    """Return the most frequent defects."""
    rows = [vars(row) | {"key": _key(row.key)} for row in found.rows]
    about = {"by": query.by.value, "column": query.column, "severity": query.severity}
    counts = {"rows": rows, "total": found.total, "others": found.others}
    return {**of_span(query.span), **about, **counts}


def of_item(row: ItemRow) -> dict[str, Any]:
    """Return how an item was answered."""
    numbers = {name: _float(getattr(row, name)) for name in ("least", "mean", "most")}
    return {
        "item": row.item.key,
        "question": row.item.question,
        "answers": row.answers,
        "not_ok": _of_rate(row.not_ok),
        "not_applicable": row.not_applicable,
        **numbers,
    }


def of_span(span: Span) -> dict[str, Any]:
    """Return the days of a report and its queue."""
    return {"first": str(span.first), "last": str(span.last), "queue": span.queue}


def _of_row(row: ReportRow) -> dict[str, Any]:
    names = ("name", "done", "failed", "failed_share", "released", "returned")
    return {
        "key": _key(row.key),
        **{name: getattr(row, name) for name in names},
        "handling": _of_times(row.handling),
        "waiting": _of_times(row.waiting),
        "reasons": dict(row.reasons),
    }


def _of_rate(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval or (None, None)
    counts = {"hits": rate.hits, "cases": rate.cases, "share": rate.share}
    return {**counts, "per_million": rate.per_million, "low": low, "high": high}


def _of_times(times: Times) -> dict[str, Any]:
    ends = {"median": _seconds(times.median), "ninety": _seconds(times.ninety)}
    return {**ends, "number": times.number}


def _seconds(took: timedelta | None) -> float | None:
    return None if took is None else took.total_seconds()


def _key(key: Any) -> Any:
    return str(key) if isinstance(key, date) else key


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
