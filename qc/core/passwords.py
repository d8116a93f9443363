"""How passwords are stored."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id as OWASP's cheat sheet on storing passwords has it: 19 MiB, two passes, one thread.

    Django's own takes 100 MiB and eight threads: when a shift signs in, more than a machine has.
    Passwords stored with other parameters are stored anew when their user signs in.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
