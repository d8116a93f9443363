"""/api/v1/imports/: files of tasks, from their upload to their undoing."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from qc.models import Import, ImportState, Queue, Task, User
from tests.api.v1.clients import V1, client_of, costs_the_same, get, names, post
from tests.databases import on_sqlite
from tests.imports.files import HEAD, good_rows, import_file

pytestmark = [pytest.mark.django_db, on_sqlite]


def upload(user: User, rows: str, status: int = 200, **how: Any) -> Any:
    file = SimpleUploadedFile("tasks.csv", rows.encode())
    return post(user, "imports/", status, {"file": file, **how}, format="multipart")


def test_upload_imports_and_the_list_has_it(mona: User, otto: User, invoices: Queue) -> None:
    assert get(otto, "imports/") == {"results": [], "next": None}
    done = upload(mona, good_rows(2))
    assert (done["state"], done["new"], done["by"]) == ("done", 2, "mona")
    [one] = get(otto, "imports/")["results"]
    assert (one["id"], one["file"], one["created_at"][-1]) == (done["id"], "tasks.csv", "Z")
    assert get(otto, f"imports/{one['id']}/") == done
    upload(mona, good_rows(2))
    first = get(otto, "imports/", limit=1, fields="id")
    rest = client_of(otto).get(first["next"]).json()
    assert names(first, "id") + names(rest, "id") == [done["id"] + 1, done["id"]]


def test_refused_file_is_a_problem_that_has_the_import(mona: User, invoices: Queue) -> None:
    body = upload(mona, HEAD + "A,Check,Nowhere\n", 400)
    assert (body["title"], body["status"]) == ("Bad Request", 400)
    assert body["detail"]
    assert body["import"]["faults"][0]["column"] == "queue"
    assert upload(mona, "", 400)["errors"]["file"]
    for format in ("multipart", "json"):
        assert "file" in post(mona, "imports/", 400, format=format)["errors"]


def test_dry_run_is_begun_by_who_has_uploaded_it(mona: User, root: User, invoices: Queue) -> None:
    ready = upload(mona, good_rows(2), dry_run="true")
    assert (ready["state"], Task.objects.count()) == ("ready", 0)
    path = f"imports/{ready['id']}/begin/"
    refusal = post(root, path, 403)
    assert refusal["detail"] == "Only who has uploaded a file may begin its import."
    assert post(mona, path)["state"] == "done"
    assert Task.objects.count() == 2
    assert "already imported" in post(mona, path, 409)["detail"]


def test_import_with_refused_rows_begins_with_the_good_ones(mona: User, invoices: Queue) -> None:
    body = upload(mona, HEAD + "A,Check,Nowhere\nB,Check,Invoices\n", 400)
    path = f"imports/{body['import']['id']}/begin/"
    post(mona, path, 400)
    done = post(mona, path, body={"only_good": True})
    assert (done["state"], done["new"], done["refused"]) == ("done", 1, 1)


def test_import_is_undone_once(mona: User, invoices: Queue) -> None:
    done = upload(mona, good_rows(2))
    path = f"imports/{done['id']}/undo/"
    assert post(mona, path)["state"] == "undone"
    assert Task.objects.count() == 0
    assert post(mona, path, 409)["detail"] == "This import has nothing that can be undone."


def test_running_import_is_stopped(mona: User, root: User, invoices: Queue) -> None:
    record = import_file(good_rows(1), by=mona, dry_run=True)
    Import.objects.filter(pk=record.pk).update(state=ImportState.WRITING)
    assert post(root, f"imports/{record.pk}/stop/")["state"] == "stopped"


def test_import_that_waits_is_tried_again_by_any_manager(
    mona: User, root: User, invoices: Queue, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[int] = []
    monkeypatch.setattr(
        "qc.tasks.carry_on_import.apply_async", lambda args, **_how: jobs.append(args[0])
    )
    settings.QC_IMPORT_ROWS = 2
    large = upload(mona, good_rows(5), 202)
    path, key = f"imports/{large['id']}/again/", {"Idempotency-Key": "again"}
    for user in (mona, root):
        assert post(user, path, 202)["state"] == "checking"
    for _time in range(2):
        assert post(mona, path, 202, headers=key)["state"] == "checking"
    # When it was uploaded, twice, and once by the two requests with a key.
    assert jobs == [large["id"]] * 4


def test_small_import_that_nobody_carried_on_is_done_when_tried_again(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("qc.tasks.dispatch", lambda _record: None)
        waiting = upload(mona, good_rows(2), 202)
    path = f"imports/{waiting['id']}/again/"
    done = post(mona, path)
    assert (done["state"], done["new"]) == ("done", 2)
    assert post(mona, path) == done
    assert Task.history.count() == 2


def test_import_that_was_refused_is_so_when_tried_again(mona: User, invoices: Queue) -> None:
    refused = upload(mona, HEAD + "A,Check,Nowhere\n", 400)
    assert post(mona, f"imports/{refused['import']['id']}/again/", 400) == refused
    assert post(mona, "imports/99/again/", 404)["detail"] == "There is no import 99."


@pytest.mark.parametrize("step", ["begin", "again", "stop", "undo"])
def test_staff_and_auditors_import_nothing(
    anna: User, otto: User, mona: User, invoices: Queue, step: str
) -> None:
    record = import_file(good_rows(1), by=mona)
    for user in (anna, otto):
        refusal = post(user, f"imports/{record.pk}/{step}/", 403)
        assert refusal["detail"] == "Only a manager may do this."
        upload(user, good_rows(1), 403)
    assert record.state == "done"


def test_staff_see_no_import_and_unknown_ones_are_not_there(anna: User, otto: User) -> None:
    for path in ("imports/", "imports/1/"):
        get(anna, path, 403)
    assert get(otto, "imports/1/", 404)["detail"] == "There is no import 1."


def test_unknown_parameter_of_an_upload_is_named(mona: User) -> None:
    answer = client_of(mona).post(f"{V1}/imports/?only_bad=true", {}, format="multipart")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["only_bad"])


def test_list_costs_the_same_for_many(mona: User, otto: User, invoices: Queue) -> None:
    def more() -> None:
        for _time in range(4):
            import_file(good_rows(1), by=mona)

    more()
    assert costs_the_same(lambda: get(otto, "imports/"), more)
