"""What is no allowed file ends in a sentence that says so, and nothing of it is stored."""

import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.core.files import File

from qc.checks import evidence
from qc.checks.evidence import actions
from qc.core.exceptions import InvalidInput
from qc.models import AuditEvent, Evidence, Task, User
from tests.databases import on_sqlite
from tests.evidence.files import add, all_stored, picture, vast_png

pytestmark = [pytest.mark.django_db, on_sqlite]

SVG = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>"""


def packed() -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr("word/document.xml", "<w/>")
    return written.getvalue()


BAD = {
    "empty": (b"", "front.jpg", "empty"),
    "no picture": (b"MZ\x90\0\3\0\0\0", "front.jpg", "no picture, PDF or text"),
    "drawing with a script": (SVG, "front.svg", "SVG"),
    "drawing called a photo": (SVG, "front.jpg", "SVG"),
    "web page behind blanks": (b"\xef\xbb\xbf \n<!doctype html><script>", "a.txt", "HTML"),
    "word": (packed(), "report.docx", "ZIP, Word or Excel"),
    "iPhone photo": (b"\0\0\0\x18ftypheic\0\0\0\0", "IMG_1.HEIC", "HEIC"),
    "one pixel wide": (vast_png(1, 100_000), "line.png", "1 × 100000 pixels"),
    "bomb": (vast_png(19_000, 19_000), "bomb.png", "19000 × 19000 pixels"),
    "cut off": (picture(size=(400, 400), colour="navy")[:900], "front.jpg", "damaged"),
    "only a head": (b"\xff\xd8\xff", "front.jpg", "damaged"),
    "long name": (picture(), "x" * 500 + ".jpg", "at most 200 characters"),
}


@pytest.mark.parametrize("what", BAD)
def test_file_that_is_not_allowed_is_refused_in_words(what: str, task: Task, anna: User) -> None:
    content, name, words = BAD[what]
    with pytest.raises(InvalidInput, match=words) as refusal:
        add(task, anna, content, name)
    assert refusal.value.field == "file"
    nothing_is_stored()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\\b.jpg", "a\x00.jpg", "a\nb.jpg", "\u202egpj.exe"]
)
def test_name_with_a_path_or_invisible_characters_is_refused(
    name: str, task: Task, anna: User
) -> None:
    with pytest.raises(InvalidInput, match="characters that are not allowed"):
        evidence.add(task.pk, File(BytesIO(picture()), name), by=anna)
    nothing_is_stored()


def test_file_of_more_than_the_allowed_size_is_refused(
    task: Task, anna: User, settings: Any
) -> None:
    settings.QC_EVIDENCE_MB = 1
    with pytest.raises(InvalidInput, match="at most 1"):
        add(task, anna, b"a" * (1024 * 1024 + 1), "log.txt")
    nothing_is_stored()


def test_item_that_the_plan_has_not_and_unknown_code_are_refused(task: Task, anna: User) -> None:
    with pytest.raises(InvalidInput, match="no item “back”") as refusal:
        add(task, anna, item="back")
    assert refusal.value.field == "item"
    with pytest.raises(InvalidInput, match="no defect code “SCR”") as refusal:
        add(task, anna, defect="SCR")
    assert refusal.value.field == "defect"
    nothing_is_stored()


def test_task_has_at_most_so_many_files(
    task: Task, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_FILES", 2)
    for n in range(2):
        add(task, anna, f"{n}".encode(), "log.txt")
    stored = all_stored()
    with pytest.raises(InvalidInput, match="INV-1 has 2 files already"):
        add(task, anna, b"2", "log.txt")
    assert all_stored() == stored


def nothing_is_stored() -> None:
    assert all_stored() == []
    assert not Evidence.objects.exists()
    assert not AuditEvent.objects.filter(kind__startswith="evidence").exists()
