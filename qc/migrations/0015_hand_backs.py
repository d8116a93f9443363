"""Fills in what 0014 adds: who gave back what waits now, and by how much priorities were raised."""

from collections import Counter

from django.db import migrations
from django.db.models import F

BATCH = 1000
RAISED = "raised"


def fill_in(apps, schema_editor):
    Task = apps.get_model("qc", "Task")
    HandBack = apps.get_model("qc", "HandBack")
    given_back = Task.objects.filter(released_by__isnull=False).values_list("pk", "released_by")
    HandBack.objects.bulk_create(
        (HandBack(task_id=task, person_id=person) for task, person in given_back.iterator()),
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    live = Task.objects.filter(status__in=["pending", "assigned", "on_hold"])
    rows = apps.get_model("qc", "HistoricalTask").objects.filter(kind=RAISED)
    raises = Counter(rows.filter(id__in=live.values("pk")).values_list("id", flat=True).iterator())
    for levels in set(raises.values()):
        ids = [pk for pk, n in raises.items() if n == levels]
        for start in range(0, len(ids), BATCH):
            # Edited since, it may have been raised less often: never beyond P4.
            some = Task.objects.filter(pk__in=ids[start : start + BATCH])
            some.filter(priority__lte=4 - levels).update(raised=levels)
            some.filter(priority__gt=4 - levels).update(raised=4 - F("priority"))


class Migration(migrations.Migration):
    dependencies = [("qc", "0014_people_at_work")]

    operations = [migrations.RunPython(fill_in, migrations.RunPython.noop)]
