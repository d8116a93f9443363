"""Which columns a header names: in any order and spelling, and by the names that are usual."""

import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from qc.imports.columns import NEEDED, check_mapping, fingerprint, guess
from qc.imports.validation import Checker
from qc.models import Priority, Queue, Task
from qc.tables import Row
from qc.tables.cells import Fault


@pytest.mark.parametrize(
    ("header", "mapping"),
    [
        ("queue,reference,name", "queue,reference,name"),
        ("REFERENCE, Name ,Due-At,due at,\ufeffQueue", "reference,name,due_at,due_at,queue"),
        ("Order No.,Task,Deadline,Prio,URL", "reference,name,due_at,priority,link"),
        (
            "Auftrags-Nr.,Titel,Frist,Priorität,PRIORITAET",
            "reference,name,due_at,priority,priority",
        ),
        ("Priorität,Fällig am,Warteschlange", "priority,due_at,queue"),
        ("id,reference,Title,name", "details: id,reference,details: Title,name"),
        ("supplier,qc_status,QC Notes,", "details: supplier,,,details: "),
        (
            "type,status,notes,person",
            "details: type,details: status,details: notes,details: person",
        ),
        ("details: name,'=sum", "details: name,details: =sum"),
    ],
)
def test_header_is_mapped_to_columns(header: str, mapping: str) -> None:
    assert guess(header.split(",")) == mapping.split(",")


def test_mapping_with_all_required_columns_has_no_faults() -> None:
    header = ["a", "b", "c", "d", "", ""]
    assert check_mapping(header, [*NEEDED, "", "details: ", "details: "]) == []


def test_mapping_faults_name_missing_and_doubled_columns() -> None:
    header = ["Nr", "Id", "name", "x", "x"]
    found = check_mapping(header, guess(header), row=3)
    assert found == [
        Fault(3, "queue", "", "This column is missing. Required columns: reference, name, queue."),
        Fault(3, "reference", "reference", "Only one of these columns can be “reference”: Nr, Id."),
        Fault(3, "x", "x", "This column is in the file twice."),
    ]


def test_fingerprint_ignores_capitals_and_blanks_but_not_order() -> None:
    known = fingerprint(["Order no", "Fällig am"])
    assert known == fingerprint([" ORDER_NO.", "faellig  am"])
    assert known != fingerprint(["Fällig am", "Order no"])
    assert known != fingerprint(["Order no Fällig am"])


@pytest.mark.parametrize(
    ("word", "priority"),
    [
        ("1", 1),
        ("p2", 2),
        ("P3 normal", 3),
        ("Dringend", 1),
        ("critical", 1),
        ("HOCH", 2),
        ("mittel", 3),
        ("niedrig", 4),
    ],
)
def test_priority_is_read_from_its_words(invoices: Queue, word: str, priority: Priority) -> None:
    checker = Checker(["reference", "name", "queue", "priority"])
    values, faults = checker.check(Row(2, ["A-1", "Check", " INVOICES ", word]))
    assert (values["priority"], values["queue"], faults) == (priority, invoices, [])


def test_contradictory_priority_is_refused(invoices: Queue) -> None:
    (fault,) = Checker(["priority"]).check(Row(2, ["P1 low"]))[1]
    assert (fault.column, fault.value) == ("priority", "P1 low")


def test_left_out_column_is_not_checked(invoices: Queue) -> None:
    checker = Checker([*NEEDED, "", "details: batch"])
    values, faults = checker.check(Row(2, ["A-1", "Check", "Invoices", "#REF!", "7"]))
    assert faults == []
    assert values == {
        "reference": "A-1",
        "name": "Check",
        "queue": invoices,
        "details": {"batch": "7"},
    }


@pytest.mark.parametrize("name", ["reference", "name"])
@pytest.mark.parametrize(
    "cell", ["", "a", "straße-1", "x" * 64, "ß" * 33, "x" * 200, "x" * 201, "É" * 65, "\xa0a\xa0"]
)
def test_texts_are_read_as_django_cleans_them(db: None, name: str, cell: str) -> None:
    try:
        expected: Any = Task._meta.get_field(name).clean(cell, None)  # type: ignore[union-attr]
    except ValidationError as error:
        with pytest.raises(ValueError, match=re.escape(" ".join(error.messages))):
            Checker([name]).read(name, cell)
    else:
        assert Checker([name]).read(name, cell) == expected
