"""The schema of the API, and the page that shows it."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone, translation

from qc.api.schema import generator
from qc.api.v1 import urls
from qc.audit import service_tokens
from qc.models import Scope, ServiceToken, User
from tests.conftest import person
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

ID = re.compile(r"\(\?P<pk>[^)]*\)")


@pytest.fixture(scope="module")
def schema() -> Any:
    return json.loads(json.dumps(generator.schema()))


def operations(schema: Any) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    }


def test_schema_does_not_depend_on_the_language() -> None:
    with translation.override("de"):
        german = generator.Generator().get_schema(public=True)
    assert german == generator.schema()
    assert "waiting" in json.dumps(german)


def test_each_address_is_there_once_with_its_slash(schema: Any) -> None:
    paths = list(schema["paths"])
    assert {"/login/", "/dashbord/", "/taskcomplete/{id}/", "/api/tasks/{id}/files/"} <= {*paths}
    assert [path for path in paths if not re.fullmatch(r"(/([\w.-]+|\{\w+\}))+/", path)] == []
    by_name = {name for name in get_resolver().reverse_dict if str(name).startswith("v1_")}
    assert len([path for path in paths if path.startswith("/api/v1/")]) == len(by_name)


def test_each_call_describes_the_parts_of_its_address_and_no_others(schema: Any) -> None:
    for name, operation in operations(schema).items():
        described = [one for one in operation.get("parameters", ()) if one["in"] == "path"]
        assert [one["name"] for one in described] == re.findall(r"\{(\w+)\}", name), name


def test_each_call_says_what_it_does_and_how_it_refuses(schema: Any) -> None:
    for name, operation in operations(schema).items():
        assert operation["summary"], name
        assert {"401", "403", "429", "503"} <= operation["responses"].keys(), name
        refused = json.dumps(operation["responses"]["403"])
        is_v1 = name.split()[1].startswith("/api/v1/")
        assert ("Plain" in refused) != is_v1, name
    assert len({one["operationId"] for one in operations(schema).values()}) == len(
        operations(schema)
    )


def test_each_read_of_v1_has_the_parameters_that_it_takes(schema: Any) -> None:
    for pattern in urls.urlpatterns:
        view = pattern.callback.view_class  # type: ignore[attr-defined]
        address = ID.sub("{id}", str(pattern.pattern).strip("^$?"))
        operation = schema["paths"].get(f"/api/v1/{address}", {}).get("get")
        if operation is None:
            continue
        queries = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
        assert {one["name"] for one in queries} == {*view.params.get("GET", ())}, address
        assert [one["name"] for one in queries if not one.get("description")] == [], address


def test_errors_are_problems_and_enumerations_have_names_of_their_own(schema: Any) -> None:
    components = schema["components"]
    forbidden = components["responses"]["Forbidden"]["content"]
    assert list(forbidden) == ["application/problem+json"]
    assert components["schemas"]["Outcome"]["enum"] == ["passed", "partial", "failed"]
    assert [name for name in components["schemas"] if re.search(r"Enum|[0-9a-f]{3}$", name)] == []
    assert {"token", "session"} <= components["securitySchemes"].keys()


def test_schema_is_for_everybody_with_a_role(client: Client, anna: User) -> None:
    assert client.get("/api/schema/").status_code == 401
    client.force_login(anna)
    answer = client.get("/api/schema")
    assert answer.json()["openapi"].startswith("3.1.")
    assert client.get("/api/schema/?format=yaml").content.startswith(b"openapi: 3.1.")


def test_machines_read_the_schema_too(client: Client) -> None:
    root = person("root", is_superuser=True)
    token = ServiceToken(scopes=[Scope.READ_TASKS], expires_at=timezone.now() + timedelta(days=1))
    secret = service_tokens.make(token, "erp", by=root)
    answer = client.get("/api/schema/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.json()["info"]["title"] == "QC Desk"


def test_page_has_no_script_within_and_only_files_of_ours(client: Client, anna: User) -> None:
    asked = client.get("/api/docs/")
    assert asked.headers["Location"] == "/admin/login/?next=/api/docs/"
    client.force_login(anna)
    page = client.get("/api/docs").content.decode()
    assert 'href="/admin/"' in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
    assert len(files) == 6
    assert [file for file in files if not finders.find(file)] == []
