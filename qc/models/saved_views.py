"""Views of the task list that somebody has saved."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from qc.models.people import User


class SavedView(models.Model):
    """The filters and the order of the task list under a name; a shared one is everybody's tab."""

    name = models.CharField(_("name"), max_length=40)
    params = models.JSONField(default=dict)
    owner = models.ForeignKey(User, models.PROTECT, related_name="saved_views")
    is_shared = models.BooleanField(_("shared"), default=False)

    class Meta:
        default_permissions = ()
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name")
        ]

    def __str__(self) -> str:
        return self.name
