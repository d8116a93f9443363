"""The words by which tasks are found; those of existing tasks are filled in by a job."""

from typing import Any

from django.db import migrations, models
from django.db.models import Max, Min

import qc.models.fields


def leave_gap(apps: Any, schema_editor: Any) -> None:
    tasks = apps.get_model("qc", "Task").objects.order_by()
    span = tasks.aggregate(first=Min("pk"), last=Max("pk"))
    if span["last"] is not None:
        apps.get_model("qc", "SearchGap").objects.create(**span)


class Migration(migrations.Migration):
    dependencies = [("qc", "0023_item_pictures")]

    operations = [
        migrations.CreateModel(
            name="SearchGap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField(db_index=True)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "word", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("word", qc.models.fields.ExactField(max_length=40)),
                ("id", models.BigIntegerField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["outcome", "completed_at"], name="task_outcome"),
        ),
        migrations.RunPython(leave_gap, migrations.RunPython.noop),
    ]
