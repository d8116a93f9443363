"""`manage.py load_demo`: people, queues with plans and codes of defects, and 500 tasks.

Two weeks of finished work lie behind them, so that reports and the trail have something to show.
"""

import csv
import io
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from qc import imports
from qc.audit.seals import sealing
from qc.checks import defect_codes, plans
from qc.imports import runner
from qc.management.commands import demo_data
from qc.management.demo import past
from qc.models import CheckPlan, DefectCode, Import, ImportState, Queue, Task, User

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
TASKS = "tasks.csv"
# What has a due time of its own is due within so many days.
DUE_WITHIN = 4


class Command(BaseCommand):
    """Fills an empty embedded database once; a second run changes nothing."""

    help = "Loads the demo people, queues and tasks into the embedded default."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing. Raises CommandError where real work may be going on."""
        if not settings.EMBEDDED:
            raise CommandError(
                "The demo accounts have a password that everybody knows: they are loaded on the "
                "embedded default only, without DATABASE_URL and REDIS_URL."
            )
        with (FIXTURES / TASKS).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if not (User.objects.exists() or Queue.objects.exists()):
            load_people()
            publish_plans()
            load_defect_codes()
            past.load(rows)
            # Two weeks that nobody has sealed would look as if no worker were there.
            sealing.seal()
        manager = User.objects.filter(username="manager", is_active=True).first()
        if manager is None or is_in_use():
            self.stdout.write("Demo: this database is in use already, nothing is loaded.")
            return
        record = runner.import_file(io.BytesIO(due_soon(rows)), TASKS, by=manager)
        if record.state != ImportState.DONE:
            raise CommandError(f"{TASKS}: {record.error or imports.faults(record, 1)}")
        self.stdout.write(f"Demo: {record.new} tasks are new.")


def is_in_use() -> bool:
    """Return whether there are tasks beside those of the demo's past, or were."""
    is_loaded = Import.objects.filter(state=ImportState.DONE).exists()
    return is_loaded or Task.objects.filter(completed_at=None).exists()


def due_soon(rows: list[dict[str, str]]) -> bytes:
    """Return a file of these rows, whose due times are of today and the days after it."""
    today, text = timezone.localdate(), io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    days = cycle(today + timedelta(days=n) for n in range(DUE_WITHIN))
    for row in rows:
        _date, _blank, clock = row["due_at"].partition(" ")
        due = f"{next(days)} {clock}".strip() if row["due_at"] else ""
        writer.writerow(row | {"due_at": due})
    return text.getvalue().encode()


@transaction.atomic
def load_people() -> None:
    """Load people and queues into a database without any, each with its first history row."""
    call_command("loaddata", FIXTURES / "demo.json", verbosity=0)
    for model in (User, Queue):
        record_loaded(model)


@transaction.atomic
def publish_plans() -> None:
    """Load the check plans of the queues, and publish them as the demo manager."""
    call_command("loaddata", FIXTURES / "plans.json", verbosity=0)
    manager = User.objects.get(username="manager")
    for plan in CheckPlan.objects.all():
        plans.publish(plan, manager)


@transaction.atomic
def load_defect_codes() -> None:
    """Load the defect codes, each with the event of its coming, by the demo manager."""
    call_command("loaddata", FIXTURES / "defect_codes.json", verbosity=0)
    manager = User.objects.get(username="manager")
    for code in DefectCode.objects.order_by("pk"):
        defect_codes.record({}, defect_codes.as_recorded(code.pk), by=manager)


def record_loaded(model: Any) -> None:
    """Write the first history row of each object that a fixture has loaded."""
    # Fixtures are saved without history; only adding roles and queues has written rows.
    demo_data.record(list(model.objects.exclude(pk__in=model.history.values("id"))))
    # They were there before the work that they have finished.
    model.history.update(history_type="+", history_change_reason="demo", history_date=past.began())
