from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("qc", "0003_whose_hands"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["status", "due_at"], name="task_due"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["completed_at"], name="task_completed"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["queue", "completed_at"], name="task_completed_in_queue"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["created_at"], name="task_arrived"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["queue", "id"], name="task_of_queue"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["priority", "id"], name="task_of_priority"),
        ),
    ]
