"""A picture beside an item's help: chosen in the editor, sealed with the version, shown to few."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from qc.audit import evidence_files
from qc.audit.seals import plan_versions
from qc.checks import plans
from qc.checks.check_input import CheckInput
from qc.checks.evidence import retention, storage
from qc.models import CheckPlan, ItemPicture, PlanItem, PlanVersion, Queue, Task, User
from qc.work import actions, presence
from tests.admin.conftest import change, typed
from tests.databases import on_sqlite
from tests.evidence.files import all_stored, photo_of_a_phone, picture, sent, stored
from tests.plans import write_plan

pytestmark = [pytest.mark.django_db, on_sqlite]


@pytest.fixture
def plan(invoices: Queue, mona: User) -> CheckPlan:
    """Mona has published a plan of one item for Invoices."""
    written = write_plan(invoices, {"question": "Is the seal there?", "help": "Look from above."})
    plans.publish(written, mona)
    return written


@pytest.fixture
def shown(mona_client: Client, plan: CheckPlan) -> ItemPicture:
    """The picture that Mona has given its item."""
    choose(mona_client, plan, picture("PNG", size=(800, 400)))
    return ItemPicture.objects.get()


def choose(client: Client, plan: CheckPlan, content: bytes, name: str = "seal.png") -> Any:
    form = typed(client, change(plan)) | {"items-0-new_picture": sent(content, name)}
    return client.post(change(plan), form, follow=True)


def address(picture: ItemPicture, name: str = "item_picture") -> str:
    return reverse(f"admin:{name}", args=[picture.pk])


def test_chosen_picture_is_part_of_the_version_and_has_nothing_of_its_sender(
    mona_client: Client, plan: CheckPlan
) -> None:
    answer = choose(mona_client, plan, photo_of_a_phone(), "seal.jpg")
    assert "Version 2 is in use from now on." in answer.content.decode()
    row = ItemPicture.objects.get()
    assert PlanVersion.objects.latest("pk").content["items"][0]["picture"] == row.digest
    assert b"Phones Inc" not in stored(row.file)
    assert address(row) in mona_client.get(change(plan)).content.decode()


def test_what_is_no_picture_is_refused_at_its_field(mona_client: Client, plan: CheckPlan) -> None:
    answer = choose(mona_client, plan, b"%PDF-1.4", "seal.pdf")
    assert "Choose a picture: JPEG, PNG, WebP or GIF." in answer.content.decode()
    answer = choose(mona_client, plan, b"\xff\xd8\xff broken")
    assert "This picture is damaged and can&#x27;t be read." in answer.content.decode()
    assert (ItemPicture.objects.count(), all_stored()) == (0, [])


def test_same_picture_is_stored_once_and_a_removed_one_stays_in_its_version(
    mona_client: Client, plan: CheckPlan, shown: ItemPicture
) -> None:
    choose(mona_client, plan, picture("PNG", size=(800, 400)))
    form = typed(mona_client, change(plan)) | {"items-0-new_picture-clear": "on"}
    mona_client.post(change(plan), form)
    assert PlanItem.objects.get().picture is None
    versions = PlanVersion.objects.order_by("number").values_list("content", flat=True)
    pictures = [content["items"][0].get("picture") for content in versions]
    assert pictures == [None, shown.digest, None]
    retention.delete_left_behind()
    assert set(all_stored()) == {shown.file, shown.thumbnail}
    page = mona_client.get(reverse("admin:check_plan_versions", args=[plan.pk])).content.decode()
    assert f"SHA-256 {shown.digest}" in page


def test_copy_of_a_plan_and_an_import_keep_pictures(
    mona_client: Client, mona: User, plan: CheckPlan, shown: ItemPicture, labels: Queue
) -> None:
    plans.copy(plan.queue, labels, mona)
    assert PlanItem.objects.get(plan__queue=labels).picture == shown
    address = reverse("admin:qc_checkplan_import")
    assert "A file has no pictures" in mona_client.get(address).content.decode()
    rows = b"Queue,Question,Answer,Help\nInvoices,Is the seal there?,ok,Look from below.\n"
    file = SimpleUploadedFile("plan.csv", rows)
    form = {"import_file": file, "format": "0", "resource": "0"}
    confirmed = mona_client.post(address, form).context["confirm_form"].initial
    mona_client.post(reverse("admin:qc_checkplan_process_import"), confirmed)
    item = PlanItem.objects.get(plan=plan)
    assert (item.help, item.picture) == ("Look from below.", shown)


def test_picture_is_for_who_may_see_the_plan(
    sign_in_client: Callable[[User], Client],
    shown: ItemPicture,
    anna: User,
    carla: User,
    otto: User,
    plan: CheckPlan,
) -> None:
    for name in ("item_picture", "item_picture_thumbnail"):
        allowed = [
            sign_in_client(person).get(address(shown, name)).status_code
            for person in (anna, otto, carla)
        ]
        assert allowed == [200, 200, 404]
        assert Client().get(address(shown, name)).status_code == 302
    assert sign_in_client(anna).get(address(ItemPicture(digest="0" * 64))).status_code == 404
    preview = reverse("admin:check_plan_preview", args=[plan.pk])
    assert address(shown) in sign_in_client(otto).get(preview).content.decode()
    assert address(shown) in sign_in_client(otto).get(change(plan)).content.decode()


def test_program_reads_it_by_the_digest_that_the_plan_has(
    sign_in_client: Callable[[User], Client], shown: ItemPicture, anna: User, carla: User
) -> None:
    where = reverse("api_picture", args=[shown.digest])
    answers = [APIClient() for _person in (anna, carla)]
    for client, person in zip(answers, (anna, carla), strict=True):
        client.force_authenticate(person)
    assert [client.get(where).status_code for client in answers] == [200, 404]


def test_checker_sees_it_while_it_is_checked_and_it_stands_in_the_record(
    sign_in_client: Callable[[User], Client],
    mona_client: Client,
    shown: ItemPicture,
    anna: User,
    invoices: Queue,
    add_task: Callable[..., Task],
) -> None:
    task = add_task(invoices)
    presence.sign_in(anna.pk)
    actions.claim(task.pk, by=anna)
    actions.start(task.pk, by=anna)
    PlanItem.objects.update(picture=None)
    plans.publish(CheckPlan.objects.get(), User.objects.get(username="mona"))
    client = sign_in_client(anna)
    assert (
        address(shown, "item_picture_thumbnail")
        in client.get(reverse("admin:my_work")).content.decode()
    )
    assert client.get(address(shown)).status_code == 200
    actions.complete(task.pk, by=anna, check=CheckInput(answers={"is_the_seal_there": "ok"}))
    assert client.get(address(shown)).status_code == 200
    for page in (change(task), reverse("admin:task_record", args=[task.pk])):
        assert address(shown) in mona_client.get(page).content.decode()


class TestVerification:
    def test_swapped_or_lost_picture_is_named(self, shown: ItemPicture) -> None:
        assert evidence_files.run() == (1, [])
        red = storage.files().save("red", sent(picture("PNG", colour="red")))
        for column, name, what in (
            ("file", red, "is not the one that was added"),
            ("thumbnail", red, "is not the one that was added"),
            ("file", "nowhere", "is not where it was stored"),
        ):
            right = getattr(shown, column)
            ItemPicture.objects.update(**{column: name})
            (found,) = evidence_files.run()[1]
            assert str(found) == f"Picture {shown.digest[:12]} of check plans {what}"
            ItemPicture.objects.update(**{column: right})

    def test_row_that_goes_or_comes_unseen_is_named(self, shown: ItemPicture) -> None:
        PlanItem.objects.update(picture=None)
        ItemPicture.objects.update(digest="0" * 64)
        found = [violation.what for violation in evidence_files.run()[1]]
        assert sorted(found) == ["picture row deleted", "picture row inserted"]

    def test_version_that_names_another_picture_is_named(self, shown: ItemPicture) -> None:
        version = PlanVersion.objects.latest("pk")
        version.content["items"][0]["picture"] = "0" * 64
        version.save()
        (found,) = plan_versions.find_violations()
        assert found.what == "plan changed"


def test_hundred_items_with_a_field_for_a_picture_each_can_be_saved(
    mona_client: Client, plan: CheckPlan
) -> None:
    rows = [PlanItem(plan=plan, key=f"k{n}", question=f"Question {n}") for n in range(99)]
    PlanItem.objects.bulk_create(rows)
    files = {f"items-{n}-new_picture": sent(picture(), f"{n}.jpg") for n in range(100)}
    answer = mona_client.post(change(plan), typed(mona_client, change(plan)) | files, follow=True)
    assert "Version 2 is in use from now on." in answer.content.decode()
