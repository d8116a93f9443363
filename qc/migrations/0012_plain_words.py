import datetime
import django.core.validators
import django.db.models.deletion
import qc.core.context
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("qc", "0011_as_it_was"),
    ]

    operations = [
        migrations.AlterField(
            model_name="archive",
            name="through",
            field=models.CharField(
                choices=[
                    ("page", "web"),
                    ("api", "API"),
                    ("import", "import"),
                    ("sweep", "scheduler"),
                    ("shell", "console"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="through",
            field=models.CharField(
                choices=[
                    ("page", "web"),
                    ("api", "API"),
                    ("import", "import"),
                    ("sweep", "scheduler"),
                    ("shell", "console"),
                ],
                db_index=True,
                default=qc.core.context.current_channel,
                editable=False,
                max_length=10,
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="historicalqueue",
            name="target",
            field=models.DurationField(
                default=datetime.timedelta(days=1),
                help_text="How long after its arrival a task is due.",
                validators=[
                    django.core.validators.MinValueValidator(datetime.timedelta(seconds=60))
                ],
                verbose_name="target",
            ),
        ),
        migrations.AlterField(
            model_name="historicalqueue",
            name="through",
            field=models.CharField(
                choices=[
                    ("page", "web"),
                    ("api", "API"),
                    ("import", "import"),
                    ("sweep", "scheduler"),
                    ("shell", "console"),
                ],
                db_index=True,
                default=qc.core.context.current_channel,
                editable=False,
                max_length=10,
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="historicaltask",
            name="raise_at",
            field=models.DateTimeField(
                editable=False, null=True, verbose_name="next priority raise"
            ),
        ),
        migrations.AlterField(
            model_name="historicaltask",
            name="released_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="given back by",
            ),
        ),
        migrations.AlterField(
            model_name="historicaltask",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "waiting"),
                    ("assigned", "assigned"),
                    ("on_hold", "on hold"),
                    ("completed", "completed"),
                    ("cancelled", "cancelled"),
                ],
                default="pending",
                editable=False,
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="historicaltask",
            name="through",
            field=models.CharField(
                choices=[
                    ("page", "web"),
                    ("api", "API"),
                    ("import", "import"),
                    ("sweep", "scheduler"),
                    ("shell", "console"),
                ],
                db_index=True,
                default=qc.core.context.current_channel,
                editable=False,
                max_length=10,
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="historicaluser",
            name="capacity",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="How many tasks this person can have at once.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(20),
                ],
                verbose_name="capacity",
            ),
        ),
        migrations.AlterField(
            model_name="historicaluser",
            name="is_logged_in",
            field=models.BooleanField(default=False, editable=False, verbose_name="signed in"),
        ),
        migrations.AlterField(
            model_name="historicaluser",
            name="through",
            field=models.CharField(
                choices=[
                    ("page", "web"),
                    ("api", "API"),
                    ("import", "import"),
                    ("sweep", "scheduler"),
                    ("shell", "console"),
                ],
                db_index=True,
                default=qc.core.context.current_channel,
                editable=False,
                max_length=10,
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="import",
            name="left_alone",
            field=models.PositiveIntegerField(default=0, verbose_name="skipped"),
        ),
        migrations.AlterField(
            model_name="import",
            name="state",
            field=models.CharField(
                choices=[
                    ("mapping", "choose columns"),
                    ("checking", "being checked"),
                    ("ready", "ready to import"),
                    ("writing", "being imported"),
                    ("done", "imported"),
                    ("refused", "refused"),
                    ("stopped", "stopped"),
                    ("failed", "failed"),
                    ("undoing", "being undone"),
                    ("undone", "undone"),
                ],
                default="mapping",
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="queue",
            name="target",
            field=models.DurationField(
                default=datetime.timedelta(days=1),
                help_text="How long after its arrival a task is due.",
                validators=[
                    django.core.validators.MinValueValidator(datetime.timedelta(seconds=60))
                ],
                verbose_name="target",
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="raise_at",
            field=models.DateTimeField(
                editable=False, null=True, verbose_name="next priority raise"
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="released_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="given back by",
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "waiting"),
                    ("assigned", "assigned"),
                    ("on_hold", "on hold"),
                    ("completed", "completed"),
                    ("cancelled", "cancelled"),
                ],
                default="pending",
                editable=False,
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="capacity",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="How many tasks this person can have at once.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(20),
                ],
                verbose_name="capacity",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="idle_since",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="free since"
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="is_logged_in",
            field=models.BooleanField(default=False, editable=False, verbose_name="signed in"),
        ),
    ]
