"""The fixtures of the system tests."""

from tests.system.conftest import quick_passwords, site

__all__ = ["quick_passwords", "site"]
