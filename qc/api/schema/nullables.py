"""What may be null and anything else: drf-spectacular makes it a choice that null fits twice."""

from typing import Any

ANYTHING_OR_NULL = {"oneOf": [{}, {"type": "null"}]}


def mend(part: Any) -> None:
    """Let each such choice in a part of the schema be just anything."""
    if isinstance(part, dict):
        if part.get("oneOf") == ANYTHING_OR_NULL["oneOf"]:
            del part["oneOf"]
        for inside in part.values():
            mend(inside)
    elif isinstance(part, list):
        for inside in part:
            mend(inside)
