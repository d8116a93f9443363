"""The charts on *Floor*: what was done each hour, and how much waited in each queue.

They are counted in the index of when tasks came and went, once a minute at most: what came and
went today, and once a day the same weekday of the four weeks before.
"""

from collections import defaultdict
from datetime import date, datetime, time, timedelta

from django.core.cache import cache
from django.db.models import Case, Count, IntegerField, Value, When
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qc.admin.shared.charts import LINES, Chart
from qc.models import Queue, Task
from qc.work import backlog

HOURS = range(24)
WEEKS = 4
MOST_LINES = 6
# So much of what waits in a queue is counted for its line.
MOST_WAITING = 10_000
FRESH = 60
A_DAY = 24 * 60 * 60

TODAY, USUAL = LINES[0], "#8494a3"

ByQueue = dict[int, list[int]]


def charts() -> list[Chart]:
    """Return both charts; within a minute the same again."""
    key = f"qc-charts-{get_language()}-{timezone.get_current_timezone_name()}"
    made: list[Chart] | None = cache.get(key)
    if made is None:
        made = _make(timezone.localtime())
        cache.set(key, made, FRESH)
    return made


def _make(now: datetime) -> list[Chart]:
    came, went = (_by_hour(moment, now.date()) for moment in ("created_at", "completed_at"))
    usual = _usual(now.date())
    done = [sum(hours) for hours in zip(*went.values(), strict=True)] or [0 for _ in HOURS]
    busy = [hour for hour in HOURS if done[hour] or usual[hour]]
    first = min([*busy, now.hour])
    return [_done(first, max([*busy, now.hour]), done, usual), _waiting(now, came, went)]


def _done(first: int, last: int, done: list[int], usual: list[float]) -> Chart:
    hours = slice(first, last + 1)
    return Chart(
        "done",
        _("Completed per hour, today and on the same weekday"),
        "bar",
        [_hour(hour) for hour in HOURS[hours]],
        [
            {"label": _("today"), "data": done[hours], "backgroundColor": TODAY},
            {
                "label": _("average of the last four weeks"),
                "data": usual[hours],
                "backgroundColor": USUAL,
            },
        ],
    )


def _waiting(now: datetime, came: ByQueue, went: ByQueue) -> Chart:
    """Return what waited at the full hours, reckoned back from what waits now.

    At an hour there waited what waits now, less what has come since, and what has been done
    since. So what is in work, on hold or cancelled counts as if it had never waited: history
    would know better, but reading it would cost more the longer the day is. Of a queue with more
    than `MOST_WAITING` only its ups and downs are true.
    """
    queues = {queue.pk: queue.name for queue in Queue.objects.all()}
    waits = backlog.waiting(queues, MOST_WAITING // 10)
    fullest = sorted(queues, key=lambda queue: (-waits[queue], queues[queue]))[:MOST_LINES]
    waits = backlog.waiting(fullest, MOST_WAITING)
    active = [hour for hour in HOURS if any(by[hour] for by in (*came.values(), *went.values()))]
    first = min([*active, now.hour])
    lines = [
        {
            "label": queues[queue],
            "data": _backwards(waits[queue], came[queue], went[queue], first, now.hour),
            "borderColor": color,
            "backgroundColor": color,
            "pointRadius": 2,
            "borderWidth": 2,
        }
        for queue, color in zip(fullest, LINES, strict=False)
    ]
    hours = [*(_hour(hour) for hour in range(first, now.hour + 1)), _("now")]
    return Chart("waiting", _("Waiting in each queue today"), "line", hours, lines)


def _backwards(waits: int, came: list[int], went: list[int], first: int, last: int) -> list[int]:
    """Return what waited at the beginning of each hour from first to last, and now."""
    back = [waits]
    for hour in range(last, first - 1, -1):
        back.append(back[-1] - came[hour] + went[hour])
    return [max(n, 0) for n in reversed(back)]


def _usual(today: date) -> list[float]:
    """Return the average of each hour on this weekday, over those weeks in which any was done."""
    days = [_total(today - timedelta(weeks=week)) for week in range(1, WEEKS + 1)]
    worked = [day for day in days if any(day)]
    return [round(sum(day[hour] for day in worked) / max(len(worked), 1), 1) for hour in HOURS]


def _total(day: date) -> list[int]:
    """Return what was done in each hour of a day that is over: counted once."""
    key = f"qc-done-on-{day}-{timezone.get_current_timezone_name()}"
    total: list[int] | None = cache.get(key)
    if total is None:
        by_queue = _by_hour("completed_at", day)
        total = [sum(hours[hour] for hours in by_queue.values()) for hour in HOURS]
        cache.set(key, total, A_DAY)
    return total


def _by_hour(moment: str, day: date) -> ByQueue:
    """Count for each queue what came or went in each hour of a day, as our clocks show it.

    The hours are given to the database as moments: MariaDB knows no time zones by itself.
    """
    zone = timezone.get_current_timezone()
    starts = [datetime.combine(day, time(hour), zone) for hour in HOURS]
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    hour = Case(
        *(When(**{f"{moment}__lt": start, "then": Value(n)}) for n, start in enumerate(starts[1:])),
        default=Value(HOURS[-1]),
        output_field=IntegerField(),
    )
    span = Task.objects.filter(**{f"{moment}__gte": starts[0], f"{moment}__lt": end}).order_by()
    counts: ByQueue = defaultdict(lambda: [0 for _ in HOURS])
    found = span.annotate(hour=hour).values("queue", "hour").annotate(n=Count("pk"))
    for queue, at, n in found.values_list("queue", "hour", "n"):
        counts[queue][at] = n
    return counts


def _hour(hour: int) -> str:
    return f"{hour:02}:00"
