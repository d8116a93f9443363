"""The frame of every page: its menu, and parts that are drawn once for all."""

from typing import Any

from django import template
from django.contrib.admin import site
from django.template import Context
from django.template.base import Node, NodeList, Parser, Token
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from qc.admin import menu as side_menu

register = template.Library()


@register.simple_tag(takes_context=True)
def menu(context: Context) -> SafeString:
    """Show the menu of the user."""
    return side_menu.drawn(context["request"])


class SameForAll(Node):
    """A part of a page that is the same for everybody, in their language, as long as we run.

    It is drawn from nothing but what the site says to all: nobody else's name can get into it.
    """

    def __init__(self, inside: NodeList) -> None:
        self.inside = inside
        self.drawn: dict[str | None, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        """Return the part, drawn at its first time in this language."""
        language = get_language()
        if language not in self.drawn:
            self.drawn[language] = self._draw(context.template)
        return self.drawn[language]

    def _draw(self, template: Any) -> SafeString:
        pages: Any = site
        own = Context(pages.same_for_all)
        with own.bind_template(template):
            return self.inside.render(own)


@register.tag
def same_for_all(parser: Parser, token: Token) -> SameForAll:
    """Draw what is inside once for each language."""
    inside = parser.parse(("endsame_for_all",))
    parser.delete_first_token()
    return SameForAll(inside)
