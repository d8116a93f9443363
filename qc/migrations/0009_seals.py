import django.utils.timezone
import qc.core.request_id
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("qc", "0008_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("begun_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("first", models.PositiveBigIntegerField()),
                ("last", models.PositiveBigIntegerField()),
                ("upto", models.PositiveBigIntegerField()),
                ("rows", models.PositiveBigIntegerField()),
                ("is_rolling", models.BooleanField(default=False)),
                (
                    "request_id",
                    models.CharField(default=qc.core.request_id.current_request_id, max_length=64),
                ),
                ("what", models.CharField(default="", max_length=20)),
                ("broken_seal", models.PositiveBigIntegerField(null=True)),
                ("broken_table", models.CharField(default="", max_length=10)),
                ("broken_row", models.BigIntegerField(null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("table", models.CharField(max_length=10)),
                ("columns", models.JSONField()),
                ("ids", models.JSONField()),
                ("rows", models.PositiveIntegerField()),
                ("above", models.BigIntegerField()),
                ("upto", models.BigIntegerField()),
                ("is_late", models.BooleanField(default=False)),
                ("newest", models.DateTimeField()),
                ("sealed_at", models.DateTimeField()),
                ("digests", models.BinaryField()),
                ("previous", models.CharField(max_length=64, unique=True)),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("is_posted", models.BooleanField(default=False)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["table", "is_late", "number"], name="seal_of_table"),
                    models.Index(fields=["table", "newest"], name="seal_newest"),
                    models.Index(fields=["is_posted", "number"], name="seal_to_post"),
                ],
            },
        ),
    ]
