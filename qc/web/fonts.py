"""Fonts with what our pages write, made of the whole ones that Unfold brings.

Theirs weigh three quarters of a megabyte. Made when static files are collected, so that none is in
the repository, and an icon is there as soon as a page names it.
"""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import unfold
from django.conf import settings

FOLDER = "qc/fonts"
ICONS = f"{FOLDER}/Material-Symbols-Outlined.woff2"
_WEIGHTS = ("Regular", "Medium", "SemiBold", "Bold")
# By the name under which it is served: the whole one, below Unfold's static files.
WHOLE = {ICONS: "unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2"} | {
    f"{FOLDER}/Inter-{weight}.woff2": f"unfold/fonts/inter/Inter-{weight}.woff2"
    for weight in _WEIGHTS
}

UNFOLD = Path(unfold.__file__).parent
STYLES = settings.BASE_DIR / "qc/static/qc/shared/fonts.css"
_NAMING = {".py", ".html", ".js"}
_RANGE = re.compile(r"fonts/Inter-\w+\.woff2[^}]*?unicode-range: ([^;]+);")
# Beside what a font has for its letters by itself: digits of one width.
_DIGITS = ["tnum"]


def words() -> frozenset[str]:
    """Return every word of code and templates that might name an icon."""
    found: set[str] = set()
    for folder in (settings.BASE_DIR / "qc", settings.BASE_DIR / "config", UNFOLD):
        for file in folder.rglob("*"):
            if file.suffix in _NAMING:
                found.update(re.findall(r"[a-z0-9_]+", file.read_text(encoding="utf-8")))
    return frozenset(found)


def letters() -> frozenset[int]:
    """Return the characters that stay in fonts for text: the first range of their style sheet."""
    match = _RANGE.search(STYLES.read_text())
    if match is None:
        raise LookupError(f"{STYLES} has no unicode-range.")
    return frozenset(characters(match[1]))


def characters(unicode_range: str) -> Iterator[int]:
    """Yield the characters of a range as style sheets write it: `U+0-17F, U+1E9E`."""
    for part in unicode_range.split(","):
        first, _, last = part.strip().removeprefix("U+").partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def smaller(name: str, named: Iterable[str]) -> bytes:
    """Return the font of this name; the one of icons with those that are among `named`."""
    # Half a second, and for this alone.
    from fontTools import subset

    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features += _DIGITS
    # A table that notes when the whole one was made.
    options.drop_tables += ["FFTM"]
    font = subset.load_font(UNFOLD / "static" / WHOLE[name], options)
    kept = _keep_icons(font, set(named)) if name == ICONS else letters()
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=kept)
    subsetter.subset(font)
    made = BytesIO()
    subset.save_font(font, made, options)
    return made.getvalue()


def icons(font: Any) -> Iterator[tuple[list[Any], Any, str]]:
    """Yield the icons of a font, which are ligatures: the list each is in, itself, and its name."""
    of_glyph = {glyph: chr(code) for code, glyph in font.getBestCmap().items()}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            for first, ligatures in table.ligatures.items():
                for one in ligatures:
                    glyphs = [first, *one.Component]
                    yield ligatures, one, "".join(of_glyph[glyph] for glyph in glyphs)


def _keep_icons(font: Any, named: set[str]) -> list[int]:
    """Take all others out of the font; return the characters that names consist of."""
    others = [(among, one) for among, one, name in icons(font) if name not in named]
    for among, one in others:
        among.remove(one)
    return [code for code in font.getBestCmap() if code < 128]
