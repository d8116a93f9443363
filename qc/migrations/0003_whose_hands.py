import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def name_the_holders(apps, schema_editor):
    # Of older rows at least those say whose hands it was in which the task is in somebody's.
    rows = apps.get_model("qc", "HistoricalTask").objects.filter(assignee__isnull=False)
    rows.update(person_id=F("assignee_id"))


class Migration(migrations.Migration):
    dependencies = [("qc", "0002_roles")]

    operations = [
        migrations.AddField(
            model_name="historicaltask",
            name="person",
            field=models.ForeignKey(
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person concerned",
            ),
        ),
        *(
            migrations.AlterField(
                model_name=model,
                name="released_by",
                field=models.ForeignKey(
                    editable=False,
                    null=True,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="came back from",
                    **options,
                ),
            )
            for model, options in (
                ("task", {"on_delete": django.db.models.deletion.PROTECT}),
                (
                    "historicaltask",
                    {
                        "blank": True,
                        "db_constraint": False,
                        "db_index": False,
                        "on_delete": django.db.models.deletion.DO_NOTHING,
                    },
                ),
            )
        ),
        migrations.RunPython(name_the_holders, migrations.RunPython.noop, elidable=True),
    ]
