"""German translations are complete, compiled, and have their placeholders."""

import re
import shutil
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.models import Queue, User
from qc.work import actions

ROOT = Path(__file__).resolve().parent.parent
GERMAN = Path("qc/locale/de/LC_MESSAGES")
# Placeholders of a text: %(name)s, %s, {name}.
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
ENTRY = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) (".*"(?:\n".*")*)', re.M)
# Words that stand on nearly every page of ours in English, and in none in German.
ENGLISH = r"\b(task|tasks|queue|queues|people|due|waiting|search|settings|filters|the|is|and|of)\b"

needs_gettext = pytest.mark.skipif(
    shutil.which("msgfmt") is None,
    reason="NO GETTEXT: the German was not tried. `apt-get install -y gettext` helps.",
)


def run(*command: str, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def entries(po: Path) -> list[dict[str, str]]:
    """Return what a file of translations holds, its header left out."""
    found = []
    for block in po.read_text().split("\n\n"):
        keys = {key: "".join(re.findall(r'"(.*)"', text)) for key, text in ENTRY.findall(block)}
        found += [keys] if keys.get("msgid") else []
    return found


@needs_gettext
def test_every_text_has_a_german_translation(tmp_path: Path) -> None:
    for part in ("qc", "config"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "manage.py", tmp_path)
    collect = ("makemessages", "--all", "--no-location", "--no-obsolete")
    run(sys.executable, "manage.py", *collect, cwd=tmp_path)
    found = tmp_path / GERMAN / "django.po"
    missing = run("msgattrib", "--untranslated", "--no-obsolete", str(found))
    guessed = run("msgattrib", "--only-fuzzy", "--no-obsolete", str(found))
    assert missing + guessed == "", "Run `make messages`, and translate these"


def test_translation_has_the_placeholders_of_its_text() -> None:
    wrong = [
        text["msgid"]
        for text in entries(ROOT / GERMAN / "django.po")
        for key, translation in text.items()
        if key.startswith("msgstr")
        and set(PLACEHOLDER.findall(translation))
        != set(PLACEHOLDER.findall(text.get("msgid_plural" if key == "msgstr[1]" else "msgid", "")))
    ]
    assert wrong == []


@needs_gettext
def test_compiled_translations_are_up_to_date(tmp_path: Path) -> None:
    made = tmp_path / "django.mo"
    run("msgfmt", "--check-format", "-o", str(made), str(ROOT / GERMAN / "django.po"))
    kept = ROOT / GERMAN / "django.mo"
    assert texts(made) == texts(kept), "Run `make messages`"


def texts(mo: Path) -> dict[Any, str]:
    with mo.open("rb") as file:
        return GNUTranslations(file)._catalog  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", ["my_work", "floor", "qc_task_changelist"])
def test_german_page_has_no_english_words(
    anna: User, mona: User, invoices: Queue, add_task: Any, client: Client, page: str
) -> None:
    for _ in range(3):
        add_task(invoices, name="Rechnung")
    Queue.objects.update(name="Rechnungen")
    actions.sign_in(anna.pk)
    who = anna if page == "my_work" else mona
    User.objects.filter(pk=who.pk).update(language="de", time_zone="Europe/Berlin")
    client.force_login(who)
    text = visible_text(client.get(reverse(f"admin:{page}")).content.decode())
    assert re.findall(ENGLISH, text, re.I) == [], text
    assert "Aufgabe" in text


def visible_text(page: str) -> str:
    """Return what of a page is read or heard: no markup, no icons, no addresses."""
    page = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", " ", page, flags=re.S)
    page = re.sub(r"<span[^>]*material-symbols-outlined[^>]*>.*?</span>", " ", page, flags=re.S)
    attributes = re.findall(r'\b(?:title|aria-label|placeholder|data-announcement)="([^"]*)"', page)
    return " ".join((re.sub(r"<[^>]*>", " ", page) + " ".join(attributes)).split())


def test_gettext_is_imported_under_names_that_makemessages_knows() -> None:
    """`makemessages` knows gettext by its own names and as `_`, by no other."""
    other = re.compile(r"gettext(?:_lazy|_noop)? as (?!_\b)\w+")
    assert [path for path in (ROOT / "qc").rglob("*.py") if other.search(path.read_text())] == []
