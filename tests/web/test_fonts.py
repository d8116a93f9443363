"""The fonts that are made of Unfold's: what pages write is in them."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont

from config import unfold as ours
from qc.web import font_finder, fonts
from tests.databases import on_sqlite

pytestmark = on_sqlite

# How code and templates name an icon, and where none is meant.
NAMED = [
    re.compile(r"""\bicon(?:=|": |: str = |\s=\s)"([a-z0-9_]+)\""""),
    re.compile(r"""material-symbols-outlined[^>]*>\s*([a-z0-9_]+)\s*<"""),
    re.compile(r"""_SYMBOL": "([a-z0-9_]+)\""""),
]


def whole(name: str) -> TTFont:
    return TTFont(fonts.UNFOLD / "static" / fonts.WHOLE[name])


@pytest.fixture(scope="module")
def icons() -> set[str]:
    """Return the names of the icons in the font that is served."""
    file = finders.find(fonts.ICONS)
    assert isinstance(file, str)
    return {name for _, _, name in fonts.icons(TTFont(file))}


def named_icons() -> dict[str, str]:
    """Return the icons that code and templates name, each with a file that does."""
    return {
        name: str(file)
        for folder in (settings.BASE_DIR / "qc", Path(ours.__file__).parent, fonts.UNFOLD)
        for file in folder.rglob("*")
        if file.suffix in {".py", ".html", ".js"}
        for pattern in NAMED
        for name in pattern.findall(file.read_text())
    }


def test_every_icon_that_is_named_is_in_the_font(icons: set[str]) -> None:
    named = named_icons()
    assert len(named) > 60
    assert {name: file for name, file in named.items() if name not in icons} == {}


def test_icons_that_nobody_names_are_not_in_the_font(icons: set[str]) -> None:
    assert len(icons) < 1000 < sum(1 for _ in fonts.icons(whole(fonts.ICONS)))


@pytest.mark.parametrize("name", sorted(fonts.WHOLE.keys() - {fonts.ICONS}))
def test_what_is_not_in_a_font_for_text_comes_from_the_whole_one(name: str) -> None:
    face = r"@font-face \{[^}]*" + re.escape(fonts.WHOLE[name]) + r"[^}]*unicode-range: ([^;]+);"
    match = re.search(face, fonts.STYLES.read_text())
    assert match
    others = set(fonts.characters(match[1]))
    assert others & fonts.letters() == set()
    assert {hex(one) for one in whole(name).getBestCmap()} - {
        hex(one) for one in others | fonts.letters()
    } == set()


def test_fonts_are_made_anew_only_when_something_has_changed(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def smaller(name: str, named: object) -> bytes:
        made.append(name)
        return b"a font"

    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(fonts, "smaller", smaller)
    all_of_them = list(fonts.WHOLE)
    for words, expected in ({"add"}, all_of_them), ({"add"}, []), ({"add", "close"}, [fonts.ICONS]):
        monkeypatch.setattr(fonts, "words", lambda words=words: frozenset(words))
        made.clear()
        folder = font_finder.made.__wrapped__()
        assert made == expected
    assert (folder / fonts.ICONS).read_bytes() == b"a font"
    assert not list((folder / fonts.FOLDER).rglob("*.woff2.*"))
