"""German pages have no English texts and no English dates.

Each page that links and menus lead to is read as each of four people. A text of a page is English
when it is the original of a translation that exists, of ours or of a package, or of one that has
none. Single words that both languages have are known by being their own translation.
"""

import logging
import re
from collections.abc import Iterator
from gettext import GNUTranslations
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from qc.models import Queue, User
from tests.admin.addresses import Address, every_address
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

PACKAGES = ("django", "django.contrib.admin", "django.contrib.auth", "unfold", "import_export")
PACKAGES += ("simple_history", "axes", "rest_framework", "allauth", "qc")
READ = ("title", "aria-label", "placeholder", "alt", "data-announcement")
# In `code` are names that files and commands have in each language.
SKIPPED = {"script", "style", "template", "code"}
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"}
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]|\{\w*\}")
# A date that is not as 25.11.2026, in the letters of either language.
MONTH = "Jan|Feb|Mar|Mär|Apr|May|Mai|Jun|Jul|Aug|Sep|Oct|Okt|Nov|Dec|Dez"
OTHER_DATE = re.compile(
    rf"\b(?:{MONTH})\w*\.? \d{{1,2}},? \d{{4}}|\b\d{{1,2}}\.? (?:{MONTH})\w*\.? (?:\d{{4}}|\d\d:)"
    r"|\b\d{4}-\d\d-\d\d\b(?!.* UTC$)|\b\d{1,2}/\d{1,2}/\d{4}\b|\b\d{1,2}(?::\d\d)? [ap]\.m\."
)
STOP_WORDS = re.compile(
    r"\b(the|and|of|this|with|is|are|not|your|you|from|by|for|has|have|to)\b", re.I
)
# Columns of files have one name in all languages.
COLUMNS = "Spalten:"
# English that is meant to stand on a German page, and why.
ALLOWED = {
    "Check": "the name of the task of the sample",
    "Late": "the name of the sample's alert",
    "name": "a heading of the sample's file",
    "queue": "a heading of the sample's file",
    "reference": "a heading of the sample's file",
    "Isle of Man": "the name of a time zone",
    "Port of Spain": "the name of a time zone",
    "2026-11-30 14:30": "an example of a date that files are read with in each language",
}
# Sentences of the sample's people, which pages quote.
WRITTEN = re.compile(r"Is the label straight\?|The scanner is broken\.")


class Texts(HTMLParser):
    """Collects what of a page is read or heard: texts, and attributes that are shown."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.hidden: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        icon = "material-symbols-outlined" in values.get("class", "")
        if tag not in EMPTY and (self.hidden or icon or tag in SKIPPED):
            self.hidden.append(tag)
        if not self.hidden:
            self.add(*(values[name] for name in READ if name in values))

    def handle_endtag(self, tag: str) -> None:
        if self.hidden and self.hidden[-1] == tag:
            self.hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.add(data)

    def add(self, *texts: str) -> None:
        self.found.update(filter(None, (" ".join(one.split()) for one in texts)))


def catalog(package: str, language: str) -> dict[Any, str]:
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    file = Path(folders[0]) / "locale" / language / "LC_MESSAGES" / "django.mo" if folders else None
    if file is None or not file.exists():
        return {}
    with file.open("rb") as data:
        return GNUTranslations(data)._catalog  # type: ignore[attr-defined]


def english() -> tuple[set[str], list[re.Pattern[str]]]:
    """Return the English texts of all catalogs: whole ones, and those with values in them."""
    plain = in_sources("unfold") | in_sources("import_export") | in_sources("simple_history")
    patterns = set()
    german = {}
    for package in PACKAGES:
        german |= {key: text for key, text in catalog(package, "de").items() if text}
    same = {words(key) for key, text in german.items() if words(key) == " ".join(text.split())}
    same |= {" ".join(text.split()) for text in german.values()}
    for language in ("de", "en", "fr"):
        for key in (key for package in PACKAGES for key in catalog(package, language)):
            text = words(key)
            if not text or text in same:
                continue
            parts = PLACEHOLDER.split(text)
            if len(parts) == 1:
                plain.add(text)
            elif len("".join(parts).split()) > 1:
                patterns.add("(.+)".join(map(re.escape, parts)))
    return plain - same, [re.compile(one) for one in patterns]


def is_english(text: str, plain: set[str], patterns: list[re.Pattern[str]]) -> bool:
    """Return whether a text is an English one, or has English words that German has not."""
    is_known = text.rstrip(":…") in plain or any(one.fullmatch(text) for one in patterns)
    return is_known or bool(STOP_WORDS.search(text))


def words(key: Any) -> str:
    """Return the English text of an entry, without its context and number."""
    text = key[0] if isinstance(key, tuple) else key
    return " ".join(text.rpartition("\x04")[2].split())


def in_sources(package: str) -> set[str]:
    """Return the texts that a package marks for translation, whether anybody translated them."""
    spec = find_spec(package)
    folder = Path((spec.submodule_search_locations or [""])[0]) if spec else Path()
    found = set()
    for ending, expression in MARKED.items():
        for file in folder.rglob(f"*{ending}"):
            found |= {" ".join(one.split()) for one in expression.findall(file.read_text())}
    return found


MARKED = {
    ".html": re.compile(r"{% trans(?:late)? [\"']([^\"']+)[\"']"),
    ".py": re.compile(r"\b(?:_|gettext|gettext_lazy)\(\s*[\"']([^\"'%{]+)[\"']\s*\)"),
}


@pytest.fixture
def german_site(
    settings: Any, anna: User, mona: User, otto: User, root: User, invoices: Queue, labels: Queue
) -> None:
    """All are German: the site, its people, and what they have written."""
    settings.LANGUAGE_CODE = "de"
    Queue.objects.filter(pk=invoices.pk).update(name="Rechnungen")
    Queue.objects.filter(pk=labels.pk).update(name="Etiketten")
    User.objects.update(language="de", time_zone="Europe/Berlin")


def pages(client: Client) -> Iterator[tuple[Address, str]]:
    """Yield each page that somebody may see."""
    first = {one.name: one for one in reversed(every_address())}
    for address in first.values():
        if address.name.startswith("api_") or address.name in {"logout", "end_sign_ins"}:
            continue
        answer = client.get(address.path)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            yield address, answer.content.decode()


@pytest.mark.parametrize("name", ["anna", "mona", "otto", "root"])
def test_no_page_has_an_english_text(
    german_site: None, sample_data: None, name: str, sign_in_client: Any, caplog: Any
) -> None:
    caplog.set_level(logging.CRITICAL, "django.request")
    plain, patterns = english()
    found = {}
    for address, page in pages(sign_in_client(User.objects.get(username=name))):
        for shown in Texts(page).found:
            text = WRITTEN.sub("", shown.partition(COLUMNS)[0]).strip()
            if is_english(text, plain, patterns) or OTHER_DATE.search(text):
                found.setdefault(text, address.name)
    wrong = [f"{where}: {text}" for text, where in found.items() if text not in ALLOWED]
    assert wrong == [], "\n".join(wrong)
