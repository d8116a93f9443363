"""Texts that people wrote, as pages show them."""

import re
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from qc.imports.validation import text_of

ADDRESS = re.compile(r"(https?://[^\s<>\"]+)", re.IGNORECASE)
# What ends a sentence ends no address; a bracket only one that begins with it.
ENDS = ".,;:!?'“”»…"
LINK = '<a class="qc-link" href="{}" rel="noopener noreferrer nofollow">{}</a>{}'


def linked(text: str) -> SafeString:
    """Return a text, escaped, in which web addresses are links."""
    parts = ADDRESS.split(text)
    shown = [_link(one) if n % 2 else conditional_escape(one) for n, one in enumerate(parts)]
    return SafeString("".join(shown))


def _link(found: str) -> SafeString:
    address = found.rstrip(ENDS)
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(ENDS)
    return format_html(LINK, address, address, found[len(address) :])


def as_written(value: Any) -> SafeString:
    """Return a value of one or more lines, in its own direction, with links where addresses are."""
    lines = SafeString("<br>".join(map(linked, text_of(value).splitlines())))
    return format_html('<div dir="auto">{}</div>', lines)
