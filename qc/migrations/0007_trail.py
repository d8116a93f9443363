import django.db.models.deletion
import django.utils.timezone
import qc.core.context
import qc.core.request_id
import simple_history.models
from django.conf import settings
from django.db import migrations, models


def know_the_roles(apps, schema_editor):
    # The last row of each person says from now on which roles they have.
    User = apps.get_model("qc", "User")
    rows = apps.get_model("qc", "HistoricalUser").objects
    held = apps.get_model("qc", "HistoricalUser_groups").objects
    for person in User.objects.filter(groups__isnull=False).distinct():
        last = rows.filter(id=person.pk).order_by("-history_id").first()
        members = User.groups.through.objects.filter(user=person)
        if last is not None:
            held.bulk_create(
                held.model(id=one.pk, group_id=one.group_id, user_id=person.pk, history=last)
                for one in members
            )


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("qc", "0006_zone_and_language"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                (
                    "through",
                    models.CharField(
                        choices=[
                            ("page", "page"),
                            ("api", "API"),
                            ("import", "import"),
                            ("sweep", "sweep"),
                            ("shell", "shell"),
                        ],
                        db_index=True,
                        default=qc.core.context.current_channel,
                        editable=False,
                        max_length=10,
                        verbose_name="through",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        default=qc.core.context.current_kind,
                        editable=False,
                        max_length=20,
                        verbose_name="change",
                    ),
                ),
                (
                    "request_id",
                    models.CharField(
                        db_default="",
                        default=qc.core.request_id.current_request_id,
                        editable=False,
                        max_length=64,
                        verbose_name="request",
                    ),
                ),
                ("history_id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "history_date",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now),
                ),
                ("name", models.CharField(blank=True, db_index=True, default="", max_length=150)),
                ("address", models.GenericIPAddressField(null=True)),
                ("details", models.JSONField(default=dict)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="HistoricalUser_groups",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "m2m_history_id",
                    models.BigAutoField(editable=False, primary_key=True, serialize=False),
                ),
            ],
            options={
                "verbose_name": "HistoricalUser_groups",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="historicalqueue",
            name="request_id",
            field=models.CharField(
                db_default="",
                default=qc.core.request_id.current_request_id,
                editable=False,
                max_length=64,
                verbose_name="request",
            ),
        ),
        migrations.AddField(
            model_name="historicaltask",
            name="request_id",
            field=models.CharField(
                db_default="",
                default=qc.core.request_id.current_request_id,
                editable=False,
                max_length=64,
                verbose_name="request",
            ),
        ),
        migrations.AddField(
            model_name="historicaluser",
            name="request_id",
            field=models.CharField(
                db_default="",
                default=qc.core.request_id.current_request_id,
                editable=False,
                max_length=64,
                verbose_name="request",
            ),
        ),
        migrations.AlterField(
            model_name="historicalqueue",
            name="through",
            field=models.CharField(
                choices=[
                    ("page", "page"),
                    ("api", "API"),
                    ("import", "import"),
                    ("sweep", "sweep"),
                    ("shell", "shell"),
                ],
                db_index=True,
                default=qc.core.context.current_channel,
                editable=False,
                max_length=10,
                verbose_name="through",
            ),
        ),
        migrations.AlterField(
            model_name="historicaltask",
            name="queue",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="qc.queue",
                verbose_name="queue",
            ),
        ),
        migrations.AlterField(
            model_name="historicaltask",
            name="through",
            field=models.CharField(
                choices=[
                    ("page", "page"),
                    ("api", "API"),
                    ("import", "import"),
                    ("sweep", "sweep"),
                    ("shell", "shell"),
                ],
                db_index=True,
                default=qc.core.context.current_channel,
                editable=False,
                max_length=10,
                verbose_name="through",
            ),
        ),
        migrations.AlterField(
            model_name="historicaluser",
            name="through",
            field=models.CharField(
                choices=[
                    ("page", "page"),
                    ("api", "API"),
                    ("import", "import"),
                    ("sweep", "sweep"),
                    ("shell", "shell"),
                ],
                db_index=True,
                default=qc.core.context.current_channel,
                editable=False,
                max_length=10,
                verbose_name="through",
            ),
        ),
        migrations.AddIndex(
            model_name="historicalqueue",
            index=models.Index(fields=["kind", "history_type"], name="queue_history_kind"),
        ),
        migrations.AddIndex(
            model_name="historicaltask",
            index=models.Index(fields=["kind", "history_type"], name="task_history_kind"),
        ),
        migrations.AddIndex(
            model_name="historicaluser",
            index=models.Index(fields=["kind", "history_type"], name="user_history_kind"),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicaluser_groups",
            name="group",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_tablespace="",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="auth.group",
            ),
        ),
        migrations.AddField(
            model_name="historicaluser_groups",
            name="history",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="qc.historicaluser",
            ),
        ),
        migrations.AddField(
            model_name="historicaluser_groups",
            name="user",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_tablespace="",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["kind"], name="event_kind"),
        ),
        migrations.RunPython(know_the_roles, migrations.RunPython.noop, elidable=True),
    ]
