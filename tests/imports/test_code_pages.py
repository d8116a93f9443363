"""The encodings of older programs: proven by Western European words, or else chosen."""

import json
from io import BytesIO

import pytest
from django.urls import reverse

from qc.imports.choices import Choice, open_choices
from qc.imports.reading import Reading
from qc.imports.storage import write_refused
from qc.models import Import, ImportState, Queue, Task, User
from tests.imports.conftest import client_of, press, upload
from tests.imports.files import import_file

pytestmark = pytest.mark.django_db

WORDS = {
    "cp1250": "Kontrola łożysk, część",
    "cp1251": "Проверка накладной",
    "cp1253": "Έλεγχος ποιότητας",
    "cp1254": "Sipariş kontrolü, ışık",
    "mac_roman": "Größe prüfen",
    "cp932": "受入検査",
    "gbk": "来料检验",
    "big5": "進料檢驗",
    "cp949": "수입 검사",
    "koi8_r": "Входной контроль",
}


def csv(word: str) -> str:
    return f"reference;name;queue\r\nA-1;{word};Invoices\r\n"


def asked(record: Import) -> Choice:
    assert record.state == ImportState.MAPPING
    (choice,) = open_choices(record)
    assert choice.name == "encoding"
    return choice


@pytest.mark.parametrize("encoding", WORDS)
def test_code_page_is_asked_for_and_shown_as_it_would_be_read(
    mona: User, invoices: Queue, encoding: str
) -> None:
    data = csv(WORDS[encoding]).encode(encoding)
    choice = asked(import_file(data, by=mona))
    shown = {option.value: option.lines for option in choice.options}
    assert shown[encoding] == (f"A-1;{WORDS[encoding]};Invoices",)
    assert not Task.objects.exists()
    import_file(data, by=mona, chosen=Reading(encoding=encoding))
    assert Task.objects.get().name == WORDS[encoding]


def test_columns_are_shown_in_the_encoding_that_is_chosen_on_one_page(
    mona: User, invoices: Queue
) -> None:
    client = client_of(mona)
    data = "Kø;Målebånd;Øvrige\r\nInvoices;Måler nr. 1;Ø-1\r\n".encode("cp1252")
    record = upload(client, data).context["record"]
    url = reverse("admin:import", args=[record.pk])
    assert "keep as “Mĺlebĺnd”" in client.get(url, {"encoding": "cp1250"}).content.decode()
    page = client.get(url, {"encoding": "cp1252"})
    assert [question.choice.name for question in page.context["questions"]] == ["columns", "key"]
    assert "encoding" not in [field.name for field in page.context["settings"]]
    columns = ["queue", "name", "reference"]
    answers = {f"column_{at}": name for at, name in enumerate(columns)}
    page = press(client, "read", record, encoding="cp1252", **answers)
    assert (page.context["questions"], page.context["record"].new) == ([], 1)
    assert page.context["record"].header == ["Kø", "Målebånd", "Øvrige"]


def test_columns_of_another_encoding_are_asked_for_anew(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    data = "Номер;Слово\r\n1;Проверка\r\n".encode("cp1251")
    record = upload(client, data).context["record"]
    shown_before = {"column_0": "reference", "column_1": f"details: {record.header[1]}"}
    page = press(client, "read", record, encoding="koi8_r", **shown_before)
    assert page.context["record"].header == data.decode("koi8_r").split("\r")[0].split(";")
    assert "encoding" in [field.name for field in page.context["settings"]]


def test_json_in_a_code_page_is_asked_for_too(mona: User, invoices: Queue) -> None:
    rows = [{"reference": "A-1", "name": WORDS["cp1251"], "queue": "Invoices"}]
    data = json.dumps(rows, ensure_ascii=False).encode("cp1251")
    assert asked(import_file(data, "a.json", by=mona)).preset == "cp1251"
    import_file(data, "a.json", by=mona, chosen=Reading(encoding="cp1251"))
    assert Task.objects.get().name == WORDS["cp1251"]


@pytest.mark.parametrize(
    "encoding", ["cp1250", "cp1251", "cp932", "gbk", "big5", "cp949", "koi8_r"]
)
def test_likeliest_code_page_is_preset(mona: User, invoices: Queue, encoding: str) -> None:
    assert asked(import_file(csv(WORDS[encoding]).encode(encoding), by=mona)).preset == encoding


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("gbk", "检查标签"),
        ("cp1251", "Проверка"),
        ("cp1250", "Číslo ložiska, Příjem"),
        ("cp1254", "Sipariş kontrolü, ışık"),
        ("mac_roman", "Größe prüfen"),
    ],
)
def test_code_page_is_preset_that_gives_words_of_a_language(
    mona: User, invoices: Queue, encoding: str, words: str
) -> None:
    assert asked(import_file(csv(words).encode(encoding), by=mona)).preset == encoding


@pytest.mark.parametrize(
    "words", ["Målebånd, Øvrige lejer", "Coração à mão, português", "Vérifié à l'œil, cœur brûlé"]
)
def test_western_file_that_proves_nothing_is_asked_about_once(
    mona: User, invoices: Queue, words: str
) -> None:
    data = csv(words).encode("cp1252")
    assert asked(import_file(data, by=mona)).preset == "cp1252"
    import_file(data, by=mona, chosen=Reading(encoding="cp1252"))
    assert Task.objects.get().name == words
    assert import_file(data.replace(b"A-1", b"A-2"), by=mona).new == 1


def test_encoding_that_does_not_decode_the_file_is_not_offered(mona: User, invoices: Queue) -> None:
    choice = asked(import_file(csv("Müller\x81").encode("latin-1"), by=mona))
    assert "cp1252" not in [option.value for option in choice.options]


def test_chosen_encoding_is_remembered_for_the_same_header(mona: User, invoices: Queue) -> None:
    chosen = Reading(encoding="cp1251")
    import_file(csv("Проверка накладной").encode("cp1251"), by=mona, chosen=chosen)
    record = import_file(csv("Входной контроль").encode("cp1251"), by=mona)
    assert (record.state, record.changed) == (ImportState.DONE, 1)
    assert Task.objects.get().name == "Входной контроль"


@pytest.mark.parametrize(
    "words",
    [
        "Größe für Köln",
        "São João ação ações",
        "pièce à contrôler, où?",
        "l’œuvre, été",
        "m² ± 5 °C",
    ],
)
def test_western_european_words_prove_windows_1252(mona: User, invoices: Queue, words: str) -> None:
    import_file(csv(words.replace(",", "")).encode("cp1252"), by=mona)
    assert Task.objects.get().name == words.replace(",", "")


def test_other_bytes_that_happen_to_be_utf_8_do_not_make_it_so(mona: User, invoices: Queue) -> None:
    asked(import_file(csv("模来料检验").encode("gbk"), by=mona))


def test_refused_rows_come_back_without_a_question(mona: User, invoices: Queue) -> None:
    data = csv("Входной контроль").replace("name", "Слово").replace("Invoices", "Nowhere")
    chosen = Reading(encoding="cp1251", columns={"Слово": "name"})
    record = import_file(data.encode("cp1251"), by=mona, chosen=chosen)
    assert record.state == ImportState.REFUSED
    written = BytesIO()
    write_refused(record, written)
    fixed = written.getvalue().decode().replace("Nowhere", "Invoices")
    assert import_file(fixed, by=mona).state == ImportState.DONE
    assert Task.objects.get().name == "Входной контроль"
    assert Task.objects.get().details == {}
