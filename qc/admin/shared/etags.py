"""Short versions of what a page shows, which differ when something has changed."""

import zlib


def version(*shown: object) -> str:
    """Return a few characters that differ when any of these values does."""
    return format(zlib.crc32(repr(shown).encode()), "08x")
