"""Records which events lost their name when people were anonymised: from now on no other may."""

from django.db import migrations
from django.db.models import Q

from qc.core.context import Channel
from qc.core.id_spans import spans_of
from qc.models import ChangeKind, EventKind


def record_erased_events(apps, schema_editor):
    events = apps.get_model("qc", "AuditEvent").objects
    anonymised = apps.get_model("qc", "HistoricalUser").objects.filter(kind=ChangeKind.ANONYMISED)
    for person in anonymised.order_by("id").values_list("id", flat=True).distinct():
        name = f"leaver-{person}"
        erased = events.filter(Q(name=name) | Q(about=name), commitments__isnull=False)
        ids = list(erased.order_by("history_id").values_list("history_id", flat=True))
        details = {"person": person, "count": len(ids), "events": spans_of(ids)}
        events.create(
            kind=EventKind.NAMES_REMOVED, through=Channel.SHELL, name=name, details=details
        )


class Migration(migrations.Migration):
    dependencies = [("qc", "0017_sign_ins")]

    operations = [migrations.RunPython(record_erased_events, migrations.RunPython.noop)]
