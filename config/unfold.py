"""Settings of Unfold: name, icon and colours of the pages."""

from functools import partial
from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

# A calm teal, in the steps of lightness that Unfold needs.
TEAL = {
    "50": "oklch(98.0% .014 195)",
    "100": "oklch(95.0% .035 195)",
    "200": "oklch(90.5% .065 195)",
    "300": "oklch(84.0% .095 195)",
    "400": "oklch(76.0% .110 197)",
    "500": "oklch(66.0% .110 200)",
    "600": "oklch(52.0% .095 205)",
    "700": "oklch(44.0% .080 208)",
    "800": "oklch(38.0% .066 210)",
    "900": "oklch(33.0% .054 212)",
    "950": "oklch(25.0% .042 215)",
}

# In this order: those that others use come first.
SCRIPTS = (
    "activity",
    "requests",
    "connection",
    "kept_notes",
    "kept_forms",
    "command_palette",
    "dialogs",
    "accessibility",
)


def _script(name: str, request: Any) -> str:
    return static(f"qc/shared/{name}.js")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("QC Desk"),
    "SITE_HEADER": _("QC Desk"),
    "SITE_SYMBOL": "fact_check",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("qc/shared/icon.svg"),
        }
    ],
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {"primary": TEAL},
    "STYLES": [lambda request: static("qc/shared/pages.css")],
    "SCRIPTS": [partial(_script, name) for name in SCRIPTS],
    "ACCOUNT": {"navigation": "qc.admin.people.my_settings.account_links"},
    "LOGIN": {"image": lambda request: static("qc/shared/sign-in.svg")},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
    },
    "COMMAND": {"search_callback": "qc.admin.command_palette.search"},
}
