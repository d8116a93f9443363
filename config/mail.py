"""The mail server, from EMAIL_URL: alerts and digests go through it; without it none do."""

from urllib.parse import unquote, urlsplit

from config.environment import env, refuse, sender, without_password

PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
SECONDS = 10


def mail_settings(name: str = "EMAIL_URL") -> dict[str, object]:
    """Return Django's settings of the mail server; EMAIL_HOST is "" where there is none."""
    url = env.str(name, "").strip()
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        port = None
    if url and not (port and parts.hostname):
        allowed = "it must look like smtp+tls://user:password@host:587"
        raise refuse(name, without_password(url), allowed)
    return {
        "EMAIL_HOST": parts.hostname or "" if url else "",
        "EMAIL_PORT": port or 25,
        "EMAIL_HOST_USER": unquote(parts.username or "") if url else "",
        "EMAIL_HOST_PASSWORD": unquote(parts.password or "") if url else "",
        "EMAIL_USE_TLS": url.startswith("smtp+tls"),
        "EMAIL_USE_SSL": url.startswith("smtp+ssl"),
        "EMAIL_TIMEOUT": SECONDS,
        "DEFAULT_FROM_EMAIL": sender("EMAIL_FROM", default="qc-desk@localhost"),
    }
