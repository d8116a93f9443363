"""Second factors for tests: an app, its codes of now, and recovery codes."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)

from qc.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WRONG = "000000"


def give_app(person: User) -> Authenticator:
    """Give a person an app with SECRET, and recovery codes."""
    RecoveryCodes.activate(person)
    return TOTP.activate(person, SECRET).instance


def codes(secret: str = SECRET) -> list[str]:
    """Return the codes of the step before, of now and of the step after; never WRONG."""
    return [format_hotp_value(hotp_value(secret, one)) for one in yield_hotp_counters_from_time()]


def code(secret: str = SECRET) -> str:
    """Return the code of now."""
    return codes(secret)[1]


def recovery_codes(person: User) -> list[str]:
    """Return the recovery codes of a person that are not used."""
    kept = Authenticator.objects.get(user=person, type=Authenticator.Type.RECOVERY_CODES)
    return kept.wrap().get_unused_codes()
