"""Failed sign-ins are counted by the address that really called."""

from typing import Any

import pytest
from axes.helpers import get_client_ip_address
from django.test import RequestFactory

CALLER = "10.0.0.7"


@pytest.fixture
def seen(settings: Any, rf: RequestFactory) -> Any:
    """Return the address that is seen when a request brings this X-Forwarded-For."""

    def seen(forwarded: str, *, proxies: int = 1) -> str | None:
        settings.PROXIES = proxies
        request = rf.post("/login/", REMOTE_ADDR=CALLER, HTTP_X_FORWARDED_FOR=forwarded)
        return get_client_ip_address(request)

    return seen


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("6.6.6.6,2001:db8::9", "2001:db8::9"),
        ("6.6.6.6, 203.0.113.9:51234", "203.0.113.9"),
        ("6.6.6.6, [2001:db8::9]:51234", "2001:db8::9"),
        ("", CALLER),
        ("203.0.113.9, unknown", CALLER),
    ],
)
def test_proxys_own_word_is_believed_and_not_what_the_client_claims(
    seen: Any, forwarded: str, address: str
) -> None:
    assert seen(forwarded) == address


def test_without_a_proxy_nothing_claimed_is_believed(seen: Any) -> None:
    assert seen("6.6.6.6", proxies=0) == CALLER


@pytest.mark.parametrize("claimed", ["", "6.6.6.6, 7.7.7.7, "])
def test_behind_two_proxies_the_caller_of_the_first_counts(seen: Any, claimed: str) -> None:
    assert seen(f"{claimed}203.0.113.9, 10.0.0.1", proxies=2) == "203.0.113.9"
