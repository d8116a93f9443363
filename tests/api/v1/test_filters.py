"""The filters of the lists below /api/v1/: what they take, and the indexes that find it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Field, ManyToManyField, Model
from django_filters import FilterSet

from qc.api.v1 import urls
from qc.models import Queue, User
from tests.api.v1.clients import V1, client_of, get, names
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

# What a filter looks up that is no column, or that an index has behind another one.
LOOKED_UP = {
    "CodeFilters.queue": ["queues"],
    "PresenceFilters.free": ["is_active", "is_logged_in"],
    # The times of each status, one after the other.
    "TaskFilters.due_after": ["status"],
    "TaskFilters.due_before": ["status"],
    "TaskFilters.reference_begins": ["reference"],
    # They have orders of their own, by the words of tasks and by the rows of their history.
    "TaskFilters.search": ["reference"],
    "TaskFilters.updated_since": [],
}


def filter_sets() -> list[type[FilterSet]]:
    return [one for one in FilterSet.__subclasses__() if one.__module__.startswith("qc.api.v1.")]


def columns() -> Iterator[tuple[str, type[Model], str]]:
    """Yield each filter with the model and the path of what it looks up."""
    for filters in filter_sets():
        for name, one in filters.base_filters.items():
            called = f"{filters.__name__}.{name}"
            paths = LOOKED_UP.get(called, [one.field_name])
            yield from ((called, filters.Meta.model, path) for path in paths)


def begins_an_index(model: type[Model], path: str) -> bool:
    """Return whether an index begins with a column, and with each on the way to it."""
    name, _, rest = path.partition("__")
    field: Any = model._meta.get_field(name)
    if field.many_to_many:
        of = field if isinstance(field, ManyToManyField) else field.field
        column = of.m2m_reverse_field_name() if of is field else of.m2m_field_name()
        is_indexed = column in firsts(of.remote_field.through)
    else:
        is_indexed = name in firsts(model)
    return is_indexed and (not rest or begins_an_index(field.related_model, rest))


def firsts(model: type[Model]) -> set[str]:
    """Return the columns with which an index of a table begins."""
    fields: list[Field] = list(model._meta.fields)
    alone = {one.name for one in fields if one.primary_key or one.unique or one.db_index}
    together = {one.fields[0].lstrip("-") for one in model._meta.indexes if one.fields}
    unique = {one.fields[0] for one in model._meta.total_unique_constraints}
    return alone | together | unique


def test_each_filter_is_by_a_column_with_which_an_index_begins() -> None:
    assert len(list(columns())) > 25
    assert [called for called, *where in columns() if not begins_an_index(*where)] == []


def lists() -> Iterator[tuple[str, Any]]:
    """Yield the address of each list with filters by a filter set, and its view."""
    known = {tuple(one.base_filters) for one in filter_sets()}
    for pattern in urls.urlpatterns:
        view: Any = pattern.callback.view_class  # type: ignore[attr-defined]
        if getattr(view, "filters", None) in known:
            yield str(pattern.pattern).strip("^$?"), view


def test_each_list_refuses_filters_that_it_does_not_know(root: User) -> None:
    addresses = {path for path, _view in lists()}
    assert addresses == {
        "tasks/",
        "presence/",
        "queues/",
        "people/",
        "defect-codes/",
        "defects/",
        "reports/baselines/",
    }
    for path in addresses:
        assert list(get(root, path, 400, colour="red")["errors"]) == ["colour"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("queues/", "paused"),
        ("queues/", "closed"),
        ("people/", "active"),
        ("people/", "logged_in"),
        ("presence/", "free"),
        ("presence/", "logged_in"),
        ("defect-codes/", "active"),
    ],
)
def test_flag_is_yes_or_no(root: User, path: str, name: str) -> None:
    for value in ("true", "True", "1", "false", "off", "null"):
        get(root, path, **{name: value})
    errors = get(root, path, 400, **{name: "often"})["errors"]
    assert errors == {name: ["Must be a valid boolean."]}


def test_empty_filters_filter_nothing(root: User, invoices: Queue) -> None:
    for path, view in lists():
        empty = client_of(root).get(f"{V1}/{path}", dict.fromkeys(view.filters, ""))
        assert empty.json() == get(root, path)


def test_queue_is_known_by_its_id_before_its_name(
    otto: User, invoices: Queue, anna: User, carla: User, labels: Queue
) -> None:
    Queue.objects.filter(pk=labels.pk).update(name=str(invoices.pk))
    assert names(get(otto, "people/", queue=invoices.pk), "username") == ["anna"]


@pytest.mark.parametrize(
    ("path", "param", "allowed"),
    [
        ("tasks", "status", "pending, assigned, on_hold, completed, cancelled"),
        ("tasks", "priority", "1, 2, 3, 4"),
        ("tasks", "outcome", "passed, partial, failed"),
        ("reports/defects", "severity", "1, 2, 3"),
    ],
)
def test_refused_filter_says_what_is_allowed(
    root: User, path: str, param: str, allowed: str
) -> None:
    errors = get(root, f"{path}/?{param}=odd", 400)["errors"]
    assert errors == {param: [f"Allowed are: {allowed}."]}
