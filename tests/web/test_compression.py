"""Pages come compressed; what programs read does not."""

import pytest
from django.test import Client

from qc.models import User
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]
TAKES = {"Accept-Encoding": "gzip, br"}


def test_page_is_compressed_for_whoever_takes_that(client: Client, mona: User) -> None:
    client.force_login(mona)
    whole = client.get("/admin/my-settings/")
    compressed = client.get("/admin/my-settings/", headers=TAKES)
    assert "Content-Encoding" not in whole
    assert compressed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in compressed["Vary"]
    assert len(compressed.content) < len(whole.content) / 3


def test_answer_to_a_program_is_not(client: Client, anna: User) -> None:
    client.force_login(anna)
    answer = client.get("/dashbord/", headers=TAKES)
    assert len(answer.content) > 200
    assert "Content-Encoding" not in answer
