"""Sessions in Django's own table, each listed as a sign-in of its person as long as it lives."""

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from qc.core.compiled_queries import Key, Prepared

# The id of the session's sign-in, in the session.
SIGN_IN = "qc_sign_in"


class SessionStore(db.SessionStore):
    """Django's sessions, whose sign-in follows when the key changes, and ends with them."""

    def _get_session_from_db(self) -> Any:
        """Return the stored session; None, and forget its key, if it is unknown or has expired."""
        stored = STORED.first(str(self.session_key), timezone.now())
        if stored is None:
            self._session_key = None
        return stored

    def cycle_key(self) -> None:
        """Give the session a new key, as at a new password."""
        super().cycle_key()
        if SIGN_IN in self:
            _sign_ins().filter(pk=self[SIGN_IN]).update(session_key=self.session_key)

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session, and end its sign-in."""
        key = session_key or self.session_key
        super().delete(session_key)
        if key:
            _sign_ins().filter(session_key=key).update(session_key=None)


def _sign_ins() -> Any:
    # Django loads this module before there are models.
    from qc.models import SignIn

    return SignIn.objects


def _stored(key: Key, now: Key) -> Any:
    return SessionStore.get_model_class().objects.filter(session_key=key, expire_date__gt=now)


STORED = Prepared(_stored)
