"""Webhooks: the log of what happened to tasks, who is told of it, and each delivery."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def begin_log(apps, schema_editor):
    """Let the log begin with what happens from now on."""
    newest = apps.get_model("qc", "HistoricalTask").objects.order_by("-history_id").first()
    upto = newest.history_id if newest else 0
    apps.get_model("qc", "TaskEventLog").objects.create(
        pk=1, floor=upto, next_floor=upto, far_floor=upto, next_far_floor=upto
    )


class Migration(migrations.Migration):
    dependencies = [
        ("qc", "0031_service_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="TaskEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("row", models.PositiveBigIntegerField(unique=True)),
                ("task", models.PositiveBigIntegerField()),
                ("queue", models.PositiveBigIntegerField()),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("task.created", "Created"),
                            ("task.changed", "Changed"),
                            ("task.assigned", "Assigned"),
                            ("task.claimed", "Claimed"),
                            ("task.started", "Started"),
                            ("task.completed", "Completed"),
                            ("task.completion_undone", "Completion undone"),
                            ("task.corrected", "Corrected"),
                            ("task.released", "Given back"),
                            ("task.returned", "Returned to queue"),
                            ("task.held", "Put on hold"),
                            ("task.resumed", "Resumed"),
                            ("task.cancelled", "Cancelled"),
                            ("task.reopened", "Reopened"),
                            ("task.commented", "Commented"),
                            ("task.deleted", "Deleted"),
                        ],
                        max_length=30,
                    ),
                ),
                ("outcome", models.CharField(blank=True, default="", max_length=10)),
                ("happened_at", models.DateTimeField()),
                ("collected_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TaskEventLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("floor", models.PositiveBigIntegerField(default=0)),
                ("next_floor", models.PositiveBigIntegerField(default=0)),
                ("floor_set_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("far_floor", models.PositiveBigIntegerField(default=0)),
                ("next_far_floor", models.PositiveBigIntegerField(default=0)),
                ("far_floor_set_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("searched_far_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("collected_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("deleted_upto", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("url", models.CharField(max_length=500, verbose_name="address")),
                (
                    "types",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="None chosen: all of them.",
                        verbose_name="events",
                    ),
                ),
                (
                    "outcomes",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Only of tasks with one of these outcomes. None chosen: of all tasks.",
                        verbose_name="outcomes",
                    ),
                ),
                ("is_limited", models.BooleanField(default=False, editable=False)),
                ("secret", models.TextField(editable=False, verbose_name="secret")),
                ("previous_secret", models.TextField(blank=True, default="", editable=False)),
                (
                    "previous_until",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="old secret until"
                    ),
                ),
                (
                    "is_paused",
                    models.BooleanField(default=False, editable=False, verbose_name="paused"),
                ),
                (
                    "switched_off_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="switched off"),
                ),
                (
                    "switched_off_why",
                    models.CharField(blank=True, default="", editable=False, max_length=300),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                ("upto", models.PositiveBigIntegerField(default=0, editable=False)),
                ("queued_until", models.DateTimeField(editable=False, null=True)),
                ("busy_until", models.DateTimeField(editable=False, null=True)),
                (
                    "next_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="next try"),
                ),
                (
                    "failures",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="failures in a row"
                    ),
                ),
                (
                    "failing_since",
                    models.DateTimeField(editable=False, null=True, verbose_name="failing since"),
                ),
                (
                    "last_success_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last success"),
                ),
                (
                    "last_failed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last error"),
                ),
                (
                    "last_error",
                    models.CharField(blank=True, default="", editable=False, max_length=300),
                ),
                (
                    "queues",
                    models.ManyToManyField(
                        blank=True,
                        help_text="None chosen: all queues.",
                        related_name="webhooks",
                        to="qc.queue",
                        verbose_name="queues",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "ordering": ["name", "pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event", models.PositiveBigIntegerField(null=True)),
                ("row", models.PositiveBigIntegerField(null=True)),
                ("task", models.PositiveBigIntegerField(null=True)),
                ("message_id", models.CharField(max_length=64, verbose_name="message")),
                ("type", models.CharField(max_length=30, verbose_name="event")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "waiting"),
                            ("done", "delivered"),
                            ("failed", "given up"),
                            ("dropped", "dropped"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="created"
                    ),
                ),
                ("next_at", models.DateTimeField(null=True, verbose_name="next try")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("tried_at", models.DateTimeField(null=True, verbose_name="last try")),
                ("seconds", models.FloatField(null=True, verbose_name="seconds")),
                ("status", models.PositiveSmallIntegerField(null=True, verbose_name="status")),
                (
                    "error",
                    models.CharField(blank=True, default="", max_length=300, verbose_name="error"),
                ),
                ("answer", models.TextField(blank=True, default="", verbose_name="answer")),
                ("body", models.TextField(blank=True, default="", verbose_name="body")),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="qc.webhook",
                        verbose_name="webhook",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "ordering": ["-pk"],
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["webhook", "next_at"], name="webhook_due"),
                    models.Index(fields=["webhook", "task", "event"], name="webhook_task"),
                    models.Index(fields=["webhook", "state"], name="webhook_state"),
                    models.Index(fields=["webhook", "id"], name="webhook_log"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("webhook", "event"), name="webhook_event_once")
                ],
            },
        ),
        migrations.RunPython(begin_log, migrations.RunPython.noop),
    ]
