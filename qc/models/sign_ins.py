"""Sign-ins: the sessions of the pages and the tokens of the API, by person."""

from datetime import timedelta
from typing import ClassVar

from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

LONGEST_DEVICE = 80
DEVICE_KNOWN_FOR = timedelta(days=90)


class SignInQuerySet(models.QuerySet["SignIn"]):
    """Named reads of sign-ins, and their end."""

    def valid(self) -> "SignInQuerySet":
        """Sign-ins that have not ended, the one used last first."""
        valid = Q(_has_session()) | Q(token__expiry__gt=timezone.now())
        return self.filter(valid).order_by("-last_used_at", "-pk")

    def forgotten(self) -> "SignInQuerySet":
        """Sign-ins that have ended, last used so long ago that their device is new again."""
        old = self.filter(last_used_at__lt=timezone.now() - DEVICE_KNOWN_FOR)
        return old.filter(~_has_session(), token__isnull=True)

    def end(self) -> int:
        """End these sessions and tokens; return how many were found.

        Their rows stay: by them a device is known that was used before.
        """
        pairs = list(self.values_list("session_key", "token"))
        sessions, _by_model = Session.objects.filter(
            session_key__in=[key for key, _token in pairs if key]
        ).delete()
        token = SignIn._meta.get_field("token").related_model
        tokens, _by_model = token._default_manager.filter(
            pk__in=[digest for _key, digest in pairs if digest]
        ).delete()
        return sessions + tokens


def _has_session() -> Exists:
    now = timezone.now()
    return Exists(Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now))


class SignIn(models.Model):
    """A session or a token: whose, with which device and from where, and when it was last used.

    It has neither a key nor a token once it has ended. `is_new` until its person was told of a
    device that they had never used before.
    """

    person = models.ForeignKey("qc.User", models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, null=True, unique=True)
    token = models.OneToOneField("knox.AuthToken", models.SET_NULL, null=True, related_name="+")
    device = models.CharField(max_length=LONGEST_DEVICE, blank=True, default="")
    address = models.GenericIPAddressField(null=True)
    begun_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now, db_index=True)
    is_new = models.BooleanField(default=False)

    objects: ClassVar = SignInQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.person} {self.begun_at:%Y-%m-%d %H:%M:%S}"

    def is_same_device(self, other: "SignIn") -> bool:
        """Return whether both came with the same device from the same address."""
        return (self.device, self.address) == (other.device, other.address)
