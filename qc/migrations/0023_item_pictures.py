import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """Lets items of check plans have pictures; the column for them was never used."""

    dependencies = [
        ("qc", "0022_checks"),
    ]

    operations = [
        migrations.CreateModel(
            name="ItemPicture",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("content_type", models.CharField(max_length=100)),
                ("size", models.PositiveBigIntegerField()),
                ("file", models.CharField(max_length=200)),
                ("thumbnail", models.CharField(max_length=200)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.RemoveField(model_name="planitem", name="picture"),
        migrations.AddField(
            model_name="planitem",
            name="picture",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="qc.itempicture",
                verbose_name="picture",
            ),
        ),
    ]
