"""Addresses of objects, for pages with hundreds of them."""

from functools import cache

from django.urls import reverse


def address_of(view: str, pk: int, *before: str) -> str:
    """Return the address of a view of the pages for an object; each view is looked up once.

    `before` is what else is in the address, before the key.
    """
    start, end = _around(view, *before)
    return f"{start}{pk}{end}"


@cache
def _around(view: str, *before: str) -> tuple[str, str]:
    """Return what is before and after the key in the addresses of a view."""
    start, end = reverse(f"admin:{view}", args=[*before, 0]).rsplit("0", 1)
    return start, end
