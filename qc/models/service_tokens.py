"""Service tokens: by which other systems call the API, each as an account of its own."""

import secrets
import string
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import new as new_hash
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address, ip_network
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qc.models.choices import Role, Scope

# What each secret begins with, so that people and scanners of leaked secrets know it.
PREFIX = "qcd_"
KEY_LENGTH, SECRET_LENGTH = 10, 40
# Of one case: the database compares keys whatever theirs.
KEY_LETTERS = string.ascii_lowercase + string.digits
SECRET_LETTERS = string.ascii_letters + string.digits
LONGEST_LIFE = timedelta(days=731)
USUAL_LIFE = timedelta(days=365)
WARNED_BEFORE = timedelta(days=14)
# The roles whose rights a scope needs; what reads needs no more than what auditors may.
ROLES = {Scope.WRITE_TASKS: Role.MANAGERS, Scope.COMPLETE: Role.QC_STAFF}


class TokenState(models.TextChoices):
    """Whether a service token can be used."""

    ACTIVE = "active", _("active")
    EXPIRES_SOON = "expires soon", _("expires soon")
    EXPIRED = "expired", _("expired")
    REVOKED = "revoked", _("revoked")


class TokenRefusal(models.TextChoices):
    """Why a call with the right secret was refused."""

    REVOKED = "revoked", _("it is revoked")
    EXPIRED = "expired", _("it has expired")
    OLD_SECRET = "old secret", _("there is a new secret")
    DEACTIVATED = "deactivated", _("its account is deactivated")
    ADDRESS = "address", _("the address is not allowed")


class ServiceToken(models.Model):
    """What another system may do, until when and from where; it acts as its `account`.

    The secret is stored as a digest only. `key` is its beginning, by which it is found: it stays
    when there is a new secret, beside which the old one is valid until `old_until`.
    """

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="service_token", editable=False
    )
    key = models.CharField(_("begins with"), max_length=KEY_LENGTH, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    old_digest = models.CharField(max_length=64, default="", blank=True, editable=False)
    old_until = models.DateTimeField(null=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    networks = models.JSONField(_("allowed addresses"), default=list, blank=True)
    expires_at = models.DateTimeField(_("expires"))
    created_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, editable=False
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    last_used_address = models.GenericIPAddressField(null=True, editable=False)

    class Meta:
        verbose_name = _("service token")
        verbose_name_plural = _("service tokens")
        ordering: ClassVar = ["account__username"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name, which is that of the account."""
        return self.account.username

    @property
    def shown_key(self) -> str:
        """What may be shown of the secret."""
        return f"{PREFIX}{self.key}…"

    @property
    def roles(self) -> set[str]:
        """The names of the groups whose rights the scopes need."""
        return roles_for(self.scopes)

    @property
    def state(self) -> TokenState:
        """Whether it can be used now."""
        if self.revoked_at is not None:
            return TokenState.REVOKED
        left = self.expires_at - timezone.now()
        if left <= timedelta():
            return TokenState.EXPIRED
        return TokenState.EXPIRES_SOON if left <= WARNED_BEFORE else TokenState.ACTIVE

    def new_secret(self, *, old_until: datetime | None = None) -> str:
        """Return a new secret, whose digest the token has now; nobody can read it again.

        The one before is valid until `old_until`, or no longer.
        """
        self.key = self.key or _random(KEY_LETTERS, KEY_LENGTH)
        secret = f"{PREFIX}{self.key}_{_random(SECRET_LETTERS, SECRET_LENGTH)}"
        self.old_digest, self.old_until = self.digest, old_until
        self.digest = digest_of(secret)
        return secret

    def has_secret(self, digest: str) -> bool:
        """Return whether this is the digest of its secret, of now or before.

        Each comparison takes the same time whatever is right about it.
        """
        is_now, is_old = (compare_digest(one, digest) for one in (self.digest, self.old_digest))
        return is_now or is_old

    def why_refused(self, digest: str, address: str | None) -> TokenRefusal | None:
        """Return why a call from this address is refused whose secret is right; None if not."""
        now = timezone.now()
        is_old = not compare_digest(self.digest, digest)
        refusals = {
            TokenRefusal.REVOKED: self.revoked_at is not None,
            TokenRefusal.EXPIRED: self.expires_at <= now,
            TokenRefusal.OLD_SECRET: is_old and (self.old_until is None or self.old_until <= now),
            TokenRefusal.DEACTIVATED: not self.account.is_active,
            TokenRefusal.ADDRESS: not self.allows(address),
        }
        return next((why for why, holds in refusals.items() if holds), None)

    def allows(self, address: str | None) -> bool:
        """Return whether it may be used from this address: from any, if no network is named."""
        if not self.networks:
            return True
        try:
            caller = ip_address(address or "")
        except ValueError:  # such as a socket that is a file
            return False
        mapped = caller.ipv4_mapped if isinstance(caller, IPv6Address) else None
        return any((mapped or caller) in ip_network(one) for one in self.networks)


def roles_for(scopes: Iterable[str]) -> set[str]:
    """Return the names of the groups whose rights these scopes need."""
    return {str(ROLES.get(Scope(scope), Role.AUDITORS)) for scope in scopes}


def key_in(secret: str) -> str:
    """Return the key that a secret begins with, "" where it is none of a service token."""
    key, _underscore, rest = secret.removeprefix(PREFIX).partition("_")
    return key if secret.startswith(PREFIX) and rest and len(key) == KEY_LENGTH else ""


def digest_of(secret: str) -> str:
    """Return the digest by which a secret is stored; it is random, so no salt is needed."""
    return new_hash("sha512_256", secret.encode()).hexdigest()


def _random(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
