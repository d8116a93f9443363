from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("qc", "0010_keep_and_let_go"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="historicaltask",
            index=models.Index(fields=["assignee", "slot"], name="task_history_last"),
        ),
        migrations.AddIndex(
            model_name="historicaluser",
            index=models.Index(fields=["id", "kind"], name="user_history_last"),
        ),
    ]
