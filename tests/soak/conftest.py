"""The fixtures of the system tests."""

from tests.system.conftest import hire, pile, queue, quick_passwords

__all__ = ["hire", "pile", "queue", "quick_passwords"]
