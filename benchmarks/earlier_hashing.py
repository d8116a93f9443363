"""The site, with passwords hashed as Django does it: Argon2id, 100 MiB, eight threads."""

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
