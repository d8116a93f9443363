from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("qc", "0018_which_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="chosen",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="import",
            name="findings",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="import",
            name="reading",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="import",
            name="time_zone",
            field=models.CharField(blank=True, db_default="", default="", max_length=50),
        ),
    ]
