"""Single sign-on by an OpenID provider, as the environment says: docs/sign_in.md."""

from dataclasses import dataclass, field

from config import environment

# As in `qc.models.Role`, which can't be imported before there are settings.
ROLES = ("QC staff", "Managers", "Auditors")
NEEDED = ("QC_OIDC_CLIENT_ID", "QC_OIDC_CLIENT_SECRET")
OTHERS = ("QC_OIDC_NAME", "QC_OIDC_GROUPS_CLAIM", "QC_OIDC_ROLES", "QC_OIDC_CREATE")


@dataclass(frozen=True)
class Provider:
    """The provider of identities: its address, what we are to it, and what it decides here.

    `roles` has pairs of a group there and a role here; without any, roles are given here.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str = "SSO"
    groups_claim: str = "groups"
    roles: tuple[tuple[str, str], ...] = ()
    creates_accounts: bool = False


def provider() -> Provider | None:
    """Read the provider, or return None when none is set; half of one is refused."""
    issuer = environment.issuer("QC_OIDC_ISSUER")
    values = {name: environment.env.str(name, "").strip() for name in (*NEEDED, *OTHERS)}
    if not issuer:
        _refuse_without_issuer(values)
        return None
    for name in NEEDED:
        if not values[name]:
            raise environment.refuse(name, "", "with QC_OIDC_ISSUER it must be set")
    roles = environment.pairs("QC_OIDC_ROLES", allowed=ROLES)
    return Provider(
        issuer,
        values["QC_OIDC_CLIENT_ID"],
        values["QC_OIDC_CLIENT_SECRET"],
        environment.short_text("QC_OIDC_NAME", default=Provider.name, most=40),
        environment.short_text("QC_OIDC_GROUPS_CLAIM", default=Provider.groups_claim, most=200),
        roles,
        _creates_accounts(roles),
    )


def password_form(provider: Provider | None) -> bool:
    """Read whether people may sign in with a password: always where there is no provider."""
    is_on = environment.switch("QC_PASSWORD_FORM", default=True)
    if not is_on and provider is None:
        allowed = "without QC_OIDC_ISSUER nobody could sign in, so it must be on"
        raise environment.refuse("QC_PASSWORD_FORM", "off", allowed)
    return is_on


def _refuse_without_issuer(values: dict[str, str]) -> None:
    for name, value in values.items():
        if value and value.lower() not in environment.FALSE:
            shown = "…" if name in NEEDED else value
            raise environment.refuse(name, shown, "it goes with QC_OIDC_ISSUER only")


def _creates_accounts(roles: tuple[tuple[str, str], ...]) -> bool:
    creates = environment.switch("QC_OIDC_CREATE", default=False)
    if creates and not roles:
        allowed = "new accounts get their roles by QC_OIDC_ROLES, which is not set"
        raise environment.refuse("QC_OIDC_CREATE", "on", allowed)
    return creates
