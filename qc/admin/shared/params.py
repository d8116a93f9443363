"""What stands in an address."""


def is_id(text: str) -> bool:
    """Return whether a text is a number that can be an id: of digits only, and not too long."""
    return text.isascii() and text.isdigit() and len(text) < 19
