from django.db import migrations, models


class Migration(migrations.Migration):
    """An index for each column that a list of the API is filtered by.

    That of people who are free has all columns that are asked for, so that the one of active
    accounts is never used in its place.
    """

    dependencies = [
        ("qc", "0033_verification_files"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="queue",
            index=models.Index(fields=["is_paused"], name="queue_paused"),
        ),
        migrations.AddIndex(
            model_name="queue",
            index=models.Index(fields=["is_closed"], name="queue_closed"),
        ),
        migrations.AddIndex(
            model_name="defectcode",
            index=models.Index(fields=["is_active"], name="defect_code_in_use"),
        ),
        migrations.RemoveIndex(
            model_name="user",
            name="person_idle",
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                fields=["is_active", "is_logged_in", "idle_since"], name="person_idle"
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["is_active"], name="person_active"),
        ),
    ]
