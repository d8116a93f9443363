"""The provider of single sign-on from environment variables: whole, or refused by name."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import single_sign_on
from qc.models import Role

WHOLE = {
    "QC_OIDC_ISSUER": "https://login.example/realms/qc",
    "QC_OIDC_CLIENT_ID": "qc-desk",
    "QC_OIDC_CLIENT_SECRET": "s3cret",
}


@pytest.fixture(autouse=True)
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)


def test_three_variables_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = single_sign_on.provider()
    assert provider == single_sign_on.Provider(*WHOLE.values())
    assert "s3cret" not in repr(provider)
    assert single_sign_on.password_form(provider)
    for name in WHOLE:
        monkeypatch.delenv(name)
    assert single_sign_on.provider() is None


def test_groups_and_roles_are_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QC_OIDC_ROLES", "/qc/staff=QC staff, cn=leads = Managers,leads=QC_staff")
    monkeypatch.setenv("QC_OIDC_CREATE", "on")
    provider = single_sign_on.provider()
    assert provider is not None
    assert provider.roles == (
        ("/qc/staff", "QC staff"),
        ("cn=leads", "Managers"),
        ("leads", "QC staff"),
    )
    assert set(Role.values) == set(single_sign_on.ROLES)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("QC_OIDC_ISSUER", "http://login.example", "https://host/path"),
        ("QC_OIDC_ISSUER", "https://me:s3cret@login.example", "https://host/path"),
        ("QC_OIDC_ISSUER", "http://localhost.example:80", "http://localhost:port"),
        ("QC_OIDC_ISSUER", "", "goes with QC_OIDC_ISSUER only"),
        ("QC_OIDC_CLIENT_ID", "", "must be set"),
        ("QC_OIDC_CLIENT_SECRET", "", "must be set"),
        ("QC_OIDC_NAME", "x" * 41, "at most 40 characters"),
        ("QC_OIDC_ROLES", "leads=Boss", "group=Managers"),
        ("QC_OIDC_ROLES", "leads", "group=Managers"),
        ("QC_OIDC_ROLES", "=Managers", "group=Managers"),
        ("QC_OIDC_CREATE", "on", "QC_OIDC_ROLES, which is not set"),
        ("QC_OIDC_CREATE", "maybe", "on, off"),
    ],
)
def test_bad_or_missing_value_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as refused:
        single_sign_on.provider()
    assert allowed in str(refused.value)
    assert name in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_passwords_are_off_only_beside_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QC_PASSWORD_FORM", "off")
    assert not single_sign_on.password_form(single_sign_on.provider())
    with pytest.raises(ImproperlyConfigured, match="QC_PASSWORD_FORM"):
        single_sign_on.password_form(None)
