"""The mail server from EMAIL_URL."""

import pytest

from config.mail import mail_settings


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "password", "tls"),
    [
        ("", "", 25, "", "", False),
        ("smtp://mail.example.com", "mail.example.com", 25, "", "", False),
        ("smtp+tls://qc:a%40b@mail.example.com", "mail.example.com", 587, "qc", "a@b", True),
        ("smtp+ssl://qc:x@mail.example.com:2465", "mail.example.com", 2465, "qc", "x", False),
    ],
)
def test_mail_server_is_read_from_its_address(
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    host: str,
    port: int,
    user: str,
    password: str,
    tls: bool,
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    read = mail_settings()
    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")
    assert [read[name] for name in names] == [host, port, user, password, tls]
    assert read["EMAIL_USE_SSL"] is url.startswith("smtp+ssl")
