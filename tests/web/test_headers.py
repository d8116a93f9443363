"""Headers of answers: what browsers may run, keep and use."""

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from qc.models import User
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

ALWAYS = {
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
    "default-src 'self'",
}
STRICT = "script-src 'self'"
IN_FRAME = "script-src 'self' 'unsafe-eval'"


def policy(answer: Any) -> set[str]:
    return {part.strip() for part in answer.headers["Content-Security-Policy"].split(";")}


def answers_to_nobody(client: Client) -> dict[str, HttpResponse]:
    """Return answers outside Unfold's frame: to programs, before sign-in, and refusals."""
    stale = Client(enforce_csrf_checks=True)
    credentials = {"username": "anna", "password": "demo"}
    return {
        "signing in": client.get("/admin/login/"),
        "signing in by the API": client.post("/login/", credentials, "application/json"),
        "the API": client.get("/dashbord/"),
        "no such address": client.get("/nowhere"),
        "a stale form": stale.post("/admin/login/", credentials),
    }


def test_no_script_but_files_of_ours_runs_outside_the_frame(client: Client, anna: User) -> None:
    for place, answer in answers_to_nobody(client).items():
        assert policy(answer) >= ALWAYS | {STRICT}, place


def test_pages_in_the_frame_may_also_make_functions_of_texts(client: Client, anna: User) -> None:
    client.force_login(anna)
    for page in ("/admin/my-work/", "/admin/my-settings/", "/admin/password_change/"):
        assert policy(client.get(page)) >= ALWAYS | {IN_FRAME}, page
    # What they may not see, or is not there, is outside.
    for page, status in {"/admin/qc/task/": 403, "/admin/nowhere/": 404}.items():
        refused = client.get(page)
        assert refused.status_code == status
        assert policy(refused) >= ALWAYS | {STRICT}


def test_pages_have_no_script_within_them(client: Client, mona: User) -> None:
    client.force_login(mona)
    for page in ("/admin/floor/", "/admin/qc/task/", "/admin/qc/user/add/", "/admin/reports/"):
        html = client.get(page).content.decode()
        assert "<script" in html
        assert re.findall(r"<script(?![^>]*\bsrc=)", html) == [], page
        assert re.findall(r"""\son[a-z]+=["']""", html) == [], page


def test_no_answer_is_stored(client: Client, anna: User) -> None:
    answers = answers_to_nobody(client)
    client.force_login(anna)
    answers |= {"my work": client.get("/admin/my-work/"), "people": client.get("/dashbord/")}
    for place, answer in answers.items():
        assert "no-store" in answer.headers.get("Cache-Control", ""), place


def test_devices_are_closed_to_every_page(client: Client, anna: User) -> None:
    for place, answer in answers_to_nobody(client).items():
        assert "camera=()" in answer.headers.get("Permissions-Policy", ""), place
