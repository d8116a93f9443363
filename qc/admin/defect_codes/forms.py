"""The form of a defect code."""

from typing import Any, ClassVar

from django.db.models import Q

from qc.admin.shared.forms import SeenForm
from qc.admin.shared.open_queues import offer_open_queues
from qc.models import DefectCode


class DefectCodeForm(SeenForm):
    """A defect code as managers write it; actions switch it off and on."""

    class Meta:
        model = DefectCode
        fields: ClassVar = ["group", "code", "name", "name_de", "severity", "queues"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Q(defect_codes=self.instance.pk) if self.instance.pk else Q()
        offer_open_queues(self, "queues", own)
