"""The charts on *Floor*: tasks completed each hour, and tasks waiting in each queue.

Arrivals and completions are counted in their indexes: today's once a minute at most, those of the
same weekday in the four weeks before once a day.
"""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import Case, Count, IntegerField, Value, When
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qc.admin.shared.charts import LINES, Chart
from qc.admin.shared.etags import version
from qc.core import local_days
from qc.models import Queue, Task
from qc.work import backlog

HOURS = range(24)
WEEKS = 4
MOST_LINES = 6
# The most waiting tasks counted for the line of a queue.
MOST_WAITING = 10_000
A_MINUTE, A_DAY = 60, 24 * 60 * 60

TODAY, USUAL = LINES[0], "#8494a3"

# By queue id, the count of each hour of the day.
CountsByQueue = dict[int, list[int]]


class Drawn(NamedTuple):
    """Charts as the page shows them, and their version."""

    figures: SafeString
    version: str


def drawn() -> Drawn:
    """Return both charts as the page shows them, cached for a minute."""
    key = f"qc-drawn-charts-{get_language()}-{timezone.get_current_timezone_name()}"
    return Drawn(*cache.get_or_set(key, _draw, A_MINUTE))  # type: ignore[misc]


def _draw() -> Drawn:
    made = charts(timezone.localtime())
    figures = render_to_string("qc/floor/figures.html", {"charts": made})
    return Drawn(figures, version(*(chart.data for chart in made)))


def charts(now: datetime) -> list[Chart]:
    """Return both charts."""
    arrived, completed = (_by_hour(column, now.date()) for column in ("created_at", "completed_at"))
    return [
        _completed(now, _total(completed), _usual(now.date())),
        _waiting(now, arrived, completed),
    ]


def _completed(now: datetime, done: list[int], usual: list[float]) -> Chart:
    busy = [now.hour, *(hour for hour in HOURS if done[hour] or usual[hour])]
    hours = slice(min(busy), max(busy) + 1)
    return Chart(
        "done",
        _("Completed per hour, today and on the same weekday"),
        "bar",
        [f"{hour:02}:00" for hour in HOURS[hours]],
        [
            {"label": _("today"), "data": done[hours], "backgroundColor": TODAY},
            {
                "label": _("average of the last four weeks"),
                "data": usual[hours],
                "backgroundColor": USUAL,
            },
        ],
    )


def _waiting(now: datetime, arrived: CountsByQueue, completed: CountsByQueue) -> Chart:
    """Return how many tasks waited at each full hour, computed back from those that wait now.

    The number an hour ago is the present one, less the tasks that arrived in that hour, plus those
    completed in it. So tasks that are assigned, on hold or cancelled count as if they had never
    waited: the history has the exact numbers, but reading it costs more as the day goes on. For a
    queue with more than `MOST_WAITING` tasks only the changes are right.
    """
    queues = {queue.pk: queue.name for queue in Queue.objects.open()}
    waits = backlog.waiting(queues, MOST_WAITING // 10)
    fullest = sorted(queues, key=lambda queue: (-waits[queue], queues[queue]))[:MOST_LINES]
    waits = backlog.waiting(fullest, MOST_WAITING)
    counts = (*arrived.values(), *completed.values())
    first = min([now.hour, *(hour for hour in HOURS if any(count[hour] for count in counts))])
    lines = [
        {
            "label": queues[queue],
            "data": _backwards(waits[queue], arrived[queue], completed[queue], first, now.hour),
            **_line_style(color),
        }
        for queue, color in zip(fullest, LINES, strict=False)
    ]
    hours = [*(f"{hour:02}:00" for hour in range(first, now.hour + 1)), _("now")]
    return Chart("waiting", _("Waiting in each queue today"), "line", hours, lines)


def _line_style(color: str) -> dict[str, Any]:
    return {"borderColor": color, "backgroundColor": color, "pointRadius": 2, "borderWidth": 2}


def _backwards(
    waits: int, arrived: list[int], completed: list[int], first: int, last: int
) -> list[int]:
    """Return how many waited at the beginning of each hour from first to last, and now."""
    back = [waits]
    for hour in range(last, first - 1, -1):
        back.append(back[-1] - arrived[hour] + completed[hour])
    return [max(n, 0) for n in reversed(back)]


def _usual(today: date) -> list[float]:
    """Return each hour's average on this weekday, over those weeks with any completions."""
    days = [_total_of_day(today - timedelta(weeks=week)) for week in range(1, WEEKS + 1)]
    worked = [day for day in days if any(day)]
    return [round(sum(day[hour] for day in worked) / max(len(worked), 1), 1) for hour in HOURS]


def _total_of_day(day: date) -> list[int]:
    """Return the completions in each hour of a past day, counted once and then cached."""
    key = f"qc-done-on-{day}-{timezone.get_current_timezone_name()}"
    return list(cache.get_or_set(key, lambda: _total(_by_hour("completed_at", day)), A_DAY) or ())


def _total(counts: CountsByQueue) -> list[int]:
    return [sum(hours[hour] for hours in counts.values()) for hour in HOURS]


def _by_hour(column: str, day: date) -> CountsByQueue:
    """Count each queue's tasks by the local hour of a column's moment.

    The hours are given to the database as moments: MariaDB knows no time zones by itself.
    """
    starts = [datetime.combine(day, time(hour), timezone.get_current_timezone()) for hour in HOURS]
    hour = Case(
        *(When(**{f"{column}__lt": start, "then": Value(n)}) for n, start in enumerate(starts[1:])),
        default=Value(HOURS[-1]),
        output_field=IntegerField(),
    )
    counts: CountsByQueue = defaultdict(lambda: [0 for _ in HOURS])
    tasks = Task.objects.filter(local_days.within(column, day, day)).order_by()
    found = tasks.annotate(hour=hour).values("queue", "hour").annotate(n=Count("pk"))
    for queue, at, n in found.values_list("queue", "hour", "n"):
        counts[queue][at] = n
    return counts
