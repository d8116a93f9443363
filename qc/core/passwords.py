"""How passwords are stored, and which are too common to be chosen."""

import hashlib
import mmap
import threading
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

# The first bytes of the hashes of common passwords, in order; bin/common_passwords.py makes it.
COMMON = Path(__file__).with_name("common_passwords.bin")
# Of 100,000 such prefixes one is that of another password by chance: 1 in 11 million.
PREFIX_BYTES = 5
AT_ONCE = 2
_turns = threading.BoundedSemaphore(AT_ONCE)


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id as OWASP's cheat sheet on storing passwords has it: 19 MiB, two passes, one thread.

    Django's own takes 100 MiB and eight threads: when a shift signs in, more than a machine has.
    Passwords stored with other parameters are stored anew when their user signs in. A process makes
    AT_ONCE hashes at a time, whatever its threads: more are no quicker, and take more memory.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Return the hash of a password."""
        with _turns:
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether a hash is that of a password."""
        with _turns:
            return bool(super().verify(password, encoded))


class TooCommonValidator(CommonPasswordValidator):
    """Refuses the 100,000 commonest of breached passwords, in Django's words."""

    def __init__(self) -> None:
        """Read nothing yet: Django's own would read its list."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for such a password, whatever its capitals and outer blanks."""
        if is_common(password):
            raise ValidationError(self.get_error_message(), code="password_too_common")


def prefix_of(password: str) -> bytes:
    """Return the first bytes of a password's hash, the same whatever its capitals."""
    plain = password.strip().lower().encode(errors="surrogatepass")
    return hashlib.sha256(plain).digest()[:PREFIX_BYTES]


def is_common(password: str) -> bool:
    """Return whether a password is one of the commonest, by a binary search in their file."""
    wanted = prefix_of(password)
    with COMMON.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_:
        first, last = 0, len(all_) // PREFIX_BYTES
        while first < last:
            middle = (first + last) // 2
            at = middle * PREFIX_BYTES
            if all_[at : at + PREFIX_BYTES] < wanted:
                first = middle + 1
            else:
                last = middle
        at = first * PREFIX_BYTES
        return all_[at : at + PREFIX_BYTES] == wanted
