"""Checks of an address's parameters."""


def is_id(text: str) -> bool:
    """Return whether a text can be an id: digits only, and not too many."""
    return text.isascii() and text.isdigit() and len(text) < 19
