from django.db import migrations, models


class Migration(migrations.Migration):
    """The column keeps its name in the database."""

    dependencies = [("qc", "0012_plain_words")]

    operations = [
        migrations.AlterField(
            model_name="bulkchange",
            name="arrow",
            field=models.CharField(db_column="arrow", max_length=10),
        ),
        migrations.RenameField(model_name="bulkchange", old_name="arrow", new_name="transition"),
    ]
