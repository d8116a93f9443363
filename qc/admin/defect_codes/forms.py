"""The form of a defect code."""

from typing import Any, ClassVar

from django.db.models import Q

from qc.admin.shared.forms import SeenForm
from qc.models import DefectCode, Queue


class DefectCodeForm(SeenForm):
    """A defect code as managers write it; actions switch it off and on."""

    class Meta:
        model = DefectCode
        fields: ClassVar = ["group", "code", "name", "name_de", "severity", "queues"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("queues"):
            # A closed one only where the code has it still.
            own = Q(defect_codes=self.instance.pk) if self.instance.pk else Q()
            open_or_own = Queue.objects.filter(Q(is_closed=False) | own).distinct()
            field.queryset = open_or_own  # type: ignore[attr-defined]
