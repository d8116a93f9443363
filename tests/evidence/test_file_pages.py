"""Files are sent, shown, saved and removed on pages by those who may, and by nobody else."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qc.admin.my_work.state import MyWorkState
from qc.checks import plan
from qc.checks.check_input import CheckInput
from qc.checks.evidence import storage
from qc.checks.evidence.storage import Names
from qc.models import Evidence, Task, User
from qc.work import actions
from tests.databases import on_sqlite
from tests.evidence.files import add, all_stored, picture, sent, stored
from tests.imports.conftest import client_of

pytestmark = [pytest.mark.django_db, on_sqlite]

SCRIPT = {"Accept": "application/json"}


def address(name: str, pk: int) -> str:
    return reverse(f"admin:evidence_{name}", args=[pk])


def upload(client: Client, task: Task, **fields: object) -> object:
    return client.post(address("add", task.pk), fields, headers=SCRIPT)


def test_script_sends_a_file_and_gets_the_lists_as_they_are_now(task: Task, anna: User) -> None:
    answer = upload(client_of(anna), task, file=sent(picture()), item="front")
    assert answer.status_code == 201
    row = Evidence.objects.get()
    assert row.item == "front"
    lists = answer.json()["lists"]
    assert set(lists) == {f"files-{task.pk}", f"files-{task.pk}-front"}
    assert address("thumbnail", row.pk) in lists[f"files-{task.pk}-front"]
    assert 'alt="front.jpg, added by anna' in lists[f"files-{task.pk}-front"]


def test_file_sent_again_after_a_lost_answer_is_there_once(task: Task, anna: User) -> None:
    for _time in range(2):
        assert upload(client_of(anna), task, file=sent(picture())).status_code == 201
    assert Evidence.objects.count() == 1


@pytest.mark.parametrize(("name", "status"), [("anna", 400), ("ben", 403), ("otto", 403)])
def test_refusal_is_a_sentence_with_its_status(
    name: str, status: int, task: Task, anna: User, ben: User, otto: User
) -> None:
    somebody = {"anna": anna, "ben": ben, "otto": otto}[name]
    answer = upload(client_of(somebody), task, file=sent(b"<svg onload=alert(1)>"))
    assert answer.status_code == status
    assert answer.json()["message"].startswith("front.jpg: ")
    assert all_stored() == []


def test_form_without_script_sends_several_files_and_keeps_notes_and_answers(
    task: Task, anna: User
) -> None:
    client = client_of(anna)
    fields = {
        "plan": task.plan_id,
        "answer-label": "not_ok",
        "notes": "half a sent",
        "version": "0",
        "file": [sent(picture()), sent(b"", "empty.jpg")],
        "file-front": sent(picture(colour="red"), "item.jpg"),
    }
    page = client.post(address("add", task.pk), fields, follow=True)
    assert page.redirect_chain[-1][0] == reverse("admin:my_work")
    assert "empty.jpg: This file is empty." in page.content.decode()
    assert set(Evidence.objects.values_list("name", "item")) == {
        ("front.jpg", ""),
        ("item.jpg", "front"),
    }
    task.refresh_from_db()
    assert task.draft == "half a sent"
    assert task.draft_findings["answers"] == {"label": "not_ok"}


def test_form_without_any_file_says_so(task: Task, anna: User) -> None:
    page = client_of(anna).post(address("add", task.pk), follow=True)
    assert "Please choose a file." in page.content.decode()


def test_name_that_is_a_path_is_cut_to_its_last_part(task: Task, anna: User) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="../../etc/x.jpg"\r\n\r\n'
        + picture()
        + b"\r\n--x--\r\n"
    )
    where, kind = address("add", task.pk), "multipart/form-data; boundary=x"
    answer = client_of(anna).post(where, body, content_type=kind, headers=SCRIPT)
    assert answer.status_code == 201
    assert Evidence.objects.get().name == "x.jpg"


def test_picture_is_shown_and_other_files_are_saved(task: Task, anna: User) -> None:
    client = client_of(anna)
    photo = client.get(address("file", add(task, anna).pk))
    assert photo.headers["Content-Type"] == "image/jpeg"
    assert photo.headers["Content-Disposition"] == 'inline; filename="front.jpg"'
    assert b"".join(photo).startswith(b"\xff\xd8")
    text = client.get(address("file", add(task, anna, b"a,b", "däta.csv").pk))
    assert text.headers["Content-Type"] == "text/plain"
    assert text.headers["Content-Disposition"].startswith("attachment; ")
    for answer in (photo, text):
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_browser_keeps_a_file_and_asks_each_time(task: Task, anna: User, ben: User) -> None:
    client, where = client_of(anna), address("file", add(task, anna).pk)
    first = client.get(where)
    assert first.headers["Cache-Control"] == "private, no-cache"
    etag = {"If-None-Match": first.headers["ETag"]}
    again = client.get(where, headers=etag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert client_of(ben).get(where, headers=etag).status_code == 404


def test_only_those_who_may_see_the_task_see_its_files(
    task: Task, anna: User, ben: User, mona: User, otto: User
) -> None:
    row = add(task, anna, item="front")
    for name in ("file", "thumbnail"):
        where = address(name, row.pk)
        for somebody in (anna, mona, otto):
            assert client_of(somebody).get(where).status_code == 200
        assert client_of(ben).get(where).status_code == 404
        assert client_of(ben).get(address(name, 999_999)).status_code == 404
        assert Client().get(where).headers["Location"].startswith(reverse("admin:login"))
    actions.complete(task.pk, by=anna, check=CheckInput({"label": "ok"}))
    assert client_of(anna).get(address("file", row.pk)).status_code == 200


def test_file_without_a_thumbnail_or_missing_in_the_storage_is_not_found(
    task: Task, anna: User
) -> None:
    row = add(task, anna, b"a,b", "data.csv")
    client = client_of(anna)
    assert client.get(address("thumbnail", row.pk)).status_code == 404
    storage.delete(Names(row.file))
    assert client.get(address("file", row.pk)).status_code == 404


def test_picture_stands_in_for_a_thumbnail_that_is_gone(task: Task, anna: User) -> None:
    row = add(task, anna)
    picture = stored(row.file)
    storage.delete(Names(row.thumbnail))
    assert b"".join(client_of(anna).get(address("thumbnail", row.pk))) == picture


def test_holder_removes_a_file_by_the_script_or_the_form(task: Task, anna: User) -> None:
    client = client_of(anna)
    first, second = add(task, anna), add(task, anna, item="front")
    answer = client.post(address("remove", first.pk), headers=SCRIPT)
    assert "front.jpg" not in answer.json()["lists"][f"files-{task.pk}"]
    page = client.post(address("remove", second.pk), follow=True)
    assert "front.jpg is removed." in page.content.decode()
    assert not Evidence.objects.filter(removed_at=None).exists()


def test_manager_adds_and_removes_on_the_task_s_page_and_an_auditor_only_looks(
    task: Task, anna: User, mona: User, otto: User
) -> None:
    row = add(task, anna)
    page_of = reverse("admin:qc_task_change", args=[task.pk])
    mona_s, otto_s = (client_of(one).get(page_of).content.decode() for one in (mona, otto))
    for page in (mona_s, otto_s):
        assert address("thumbnail", row.pk) in page
    assert address("add", task.pk) in mona_s
    assert 'type="file"' not in otto_s
    assert address("remove", row.pk) not in otto_s
    client = client_of(mona)
    assert client.post(address("remove", row.pk), headers=SCRIPT).status_code == 400
    client.post(address("remove", row.pk), {"reason": "Blurred"})
    assert not Evidence.objects.filter(removed_at=None).exists()


def test_my_work_shows_new_files_without_drawing_the_panel_anew(task: Task, anna: User) -> None:
    client = client_of(anna)
    page = client.get(reverse("admin:my_work")).content.decode()
    panel, seen = reverse("admin:my_work_panel"), _value(page, "files-seen")
    params = {"seen": page.split('"seen": "')[1].split('"')[0], "held": task.pk, "files": seen}
    part = {"HX-Request": "true"}
    assert client.get(panel, params, headers=part).status_code == 204
    row = add(task, anna)
    news = client.get(panel, params, headers=part)
    assert news.headers["HX-Reswap"] == "none"
    assert address("thumbnail", row.pk) in news.content.decode()
    assert "<textarea" not in news.content.decode()
    params["files"] = _value(news.content.decode(), "files-seen")
    assert client.get(panel, params, headers=part).status_code == 204


def test_task_without_files_costs_no_statement_for_them(
    task: Task, anna: User, django_assert_max_num_queries: Callable
) -> None:
    client = client_of(anna)
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("admin:my_work"))
    read = [one["sql"] for one in captured if "qc_evidence" in one["sql"]]
    assert len(read) == 1, "together with the tasks"
    assert "EXISTS" in read[0]


def test_item_of_the_plan_shows_its_own_files(task: Task, anna: User) -> None:
    add(task, anna, name="own.jpg")
    add(task, anna, name="front.jpg", item="front")
    state = MyWorkState(anna)
    item = plan.of_version(task.queue.plan_id).by_key["front"]
    shown = render_to_string("qc/my_work/item_files.html", {"state": state, "item": item})
    assert "front.jpg" in shown
    assert "own.jpg" not in shown
    assert 'data-item="front"' in shown
    assert "front.jpg" not in render_to_string("qc/my_work/files.html", {"state": state})


def _value(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split('value="')[1].split('"', maxsplit=1)[0]
