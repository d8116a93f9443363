"""The caches: one of each process, and one in Redis in which all of them count calls together."""

from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

# A call waits no longer for Redis, and then is counted by its process alone.
SECONDS = 0.3
OWN = "django.core.cache.backends.locmem.LocMemCache"


def caches(redis_url: str) -> dict[str, dict[str, Any]]:
    """Return the caches for a Redis address; without one, or with Sentinels, nothing is shared."""
    own = {"BACKEND": OWN}
    if not redis_url or redis_url.startswith("sentinel://"):
        return {"default": own, "limits": {"BACKEND": OWN, "LOCATION": "limits"}}
    options = {
        "socket_connect_timeout": SECONDS,
        "socket_timeout": SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    shared = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        # A list: in a text, a password with a comma would be two addresses.
        "LOCATION": [redis_url],
        "KEY_PREFIX": "qc",
        "OPTIONS": options,
    }
    return {"default": own, "limits": shared}
