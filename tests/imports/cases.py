"""Files as teams really have them, each with what is right: played by page, API and console.

What is passed is written as the API has it; the console's arguments and the answers on the page
follow from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.imports.files import in_64_bits, workbook

QUEUES = ("Incoming parts", "Invoices", "Prüfung", "Części", "Входной контроль", "来料")
PARTS = "Incoming parts"
Rows = list[list[Any]]


@dataclass(frozen=True)
class Case:
    """A file, what has to be chosen for it and is, and what is right then.

    `asks` are the choices that the file leaves open, in their order; `says` is what the preview
    shows of how the file was read. `tasks` are some of the tasks with some of their values, a due
    time as the clocks of the `zone` show it; `faults` has a part of what is said of refused rows.
    `there` are references of tasks that exist before.
    """

    name: str
    data: bytes
    new: int
    ending: str = "csv"
    asks: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    changeable: tuple[str, ...] = ()
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    there: tuple[str, ...] = ()
    zone: str = ""

    @property
    def file(self) -> BytesIO:
        """The file as it is sent."""
        file = BytesIO(self.data)
        file.name = f"{self.name.partition(' ')[0]}.{self.ending}"
        return file

    @property
    def arguments(self) -> Iterator[str]:
        """The options as the console takes them."""
        for name, value in self.options.items():
            option = f"--{name.replace('_', '-')}"
            if name == "day_first":
                yield option if value else "--month-first"
            elif isinstance(value, bool):
                yield option if value else f"--no-{option[2:]}"
            else:
                for one in value if isinstance(value, list) else [value]:
                    yield from (option, one)

    def answers(self, questions: dict[str, Any], header: list[str]) -> dict[str, str]:
        """Return the options as answers on the page, given what it asks by the names of fields."""
        meanings = self._pairs("map")
        columns = {
            f"column_{at}": meanings[heading]
            for at, heading in enumerate(header)
            if heading in meanings
        }
        prefix = {"number_prefix": self.options.get("number", "")}
        return {name: self._answer(one) for name, one in questions.items()} | columns | prefix

    def _answer(self, choice: Any) -> str:
        """Return what is chosen by the options, and else what is preset."""
        if choice.name in ("words", "queues"):
            option = {"words": "word", "queues": "queue_name"}[choice.name]
            return self._pairs(option)[choice.item]
        if choice.name == "columns":
            ours = {ours: theirs for theirs, ours in self._pairs("map").items()}
            return ours.get(choice.item, choice.preset)
        if choice.name == "key" and "number" in self.options:
            return "number"
        if choice.name == "stray_cells":
            return "leave out" if self.options["ignore_stray_cells"] else "keep"
        value = self.options.get(choice.item or choice.name, choice.preset)
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _pairs(self, option: str) -> dict[str, str]:
        pairs = (one.rpartition("=") for one in self.options.get(option, []))
        return {theirs: ours for theirs, _equals, ours in pairs}


def text(*lines: str, encoding: str = "utf-8", end: str = "\n") -> bytes:
    """Return a text file."""
    return "".join(line + end for line in lines).encode(encoding)


HEAD = "reference,name,queue"
COLUMNS = HEAD.split(",")


def parts(prefix: str, n: int) -> Rows:
    """Return a header and rows for a workbook."""
    return [COLUMNS, *([f"{prefix}-{at}", "Cap", PARTS] for at in range(n))]


def dates(prefix: str, *due: str) -> bytes:
    """Return a file of rows with these due dates."""
    rows = (f"{prefix}-{at},Pump,{PARTS},{one}" for at, one in enumerate(due, start=1))
    return text(f"{HEAD},due_at", *rows)


def _in_formats(page: Worksheet) -> None:
    for row in (2, 3):
        page[f"D{row}"].number_format = '"LOT-"0000'
        page[f"E{row}"].number_format = page[f"F{row}"].number_format = "0.00"


def _linked(page: Worksheet) -> None:
    page["D2"].value = "Drawing"
    page["D2"].hyperlink = "https://files.example.com/drawings/4711.pdf"
    page["D3"].value = '=HYPERLINK("https://files.example.com/drawings/4712.pdf","Drawing")'


def _filtered(page: Worksheet) -> None:
    for row in range(2, 32):
        page.row_dimensions[row].hidden = row % 3 != 0


def _coloured(page: Worksheet) -> None:
    for row in range(22, 3022):
        page.cell(row, 1).number_format = "0000"


def _beside_a_cover(rows: Rows) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Read me"
    book.active.append(["Please fill in the sheet Data"])
    data = book.create_sheet("Data")
    for cells in rows:
        data.append(cells)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


ORDERS = text(
    "Order No,Part,due date",
    *(f"WO-{at},Bracket {at},{at % 12 + 1}/{at * 5 % 28 + 1}/2027" for at in range(40)),
)
UNPROVEN = dates("AM", *(f"{month}/{month % 7 + 2}/2027" for month in range(1, 13)))
CLOCKS = dates("CL", "2027-03-28 02:30", "2027-10-31 02:30")
ROUNDS = text(
    "Asset,Work,Date,Reported by",
    *(f"ICE-{at % 3},Clean,2027-0{at % 9 + 1}-1{at % 9},shift lead" for at in range(12)),
)
URGENT = ("1 - Critical", "2 - High", "P1 - Urgent", "High", "Blocker", "Major", "5", "normal")
URGENCIES = text(
    f"{HEAD},priority",
    *(f"UR-{at},Invoice,Invoices,{word}" for at, word in enumerate([*URGENT, "Sofort"])),
)
SPELLINGS = (
    "INV-77",
    "\u200eINV-77",
    "INV-77\u200f",
    "INV\u201177",
    "IN\u200bV-77",
    "INV\xad-77",
    "\uff29\uff2e\uff36\uff0d\uff17\uff17",
    "INV-77\xa0",
)
BLANK = text("reference,name,,queue,", f"BH-1,Cap,x,{PARTS},", f"BH-2,Cap,,{PARTS},y")
HIDDEN = workbook(parts("HR", 30), _filtered)
SHOWN_IDS = ("1405202108700588", "1405202108700589")
FORMATS: Rows = [
    [*COLUMNS, "lot", "revision", "size"],
    ["NF-0", "Shim", PARTS, 17, 1.1, 10],
    ["NF-1", "Shim", PARTS, 18, 2, 4.5],
]
LINKS: Rows = [[*COLUMNS, "link"], ["LK-1", "Cap", PARTS], ["LK-2", "Cap", PARTS]]

CASES = [
    Case(
        "month first",
        ORDERS,
        40,
        asks=("values",),
        options={"queue": PARTS},
        says=(
            "The month is first in “due date”, as row 5 proves (4/16/2027).",
            f"All rows: queue “{PARTS}”.",
        ),
        changeable=("day_first", "all_queue"),
        tasks={"WO-1": {"due_at": "2027-02-06 23:59", "queue": PARTS, "name": "Bracket 1"}},
    ),
    Case(
        "order not proven, day first",
        UNPROVEN,
        12,
        asks=("day_first",),
        options={"day_first": True},
        says=("The day is first in “due_at”, as was chosen.",),
        changeable=("day_first",),
        tasks={"AM-2": {"due_at": "2027-04-02 23:59"}},
    ),
    Case(
        "order not proven, month first",
        UNPROVEN,
        12,
        asks=("day_first",),
        options={"day_first": False},
        says=("The month is first in “due_at”, as was chosen.",),
        tasks={"AM-2": {"due_at": "2027-02-04 23:59"}},
    ),
    Case(
        "order contradicts",
        dates("CO", "13/1/2027", "1/13/2027"),
        0,
        faults=dict.fromkeys(
            (2, 3), "In row 2 the day is first (13/1/2027), in row 3 the month (1/13/2027)."
        ),
    ),
    Case(
        "two-digit years",
        dates(
            "RM",
            *("01/14/27", "14-Jan-27", "30/Nov/27 2:30 PM", "30.11.2027 24:00", "30.11.2027 14.30"),
        ),
        5,
        says=("The month is first in “due_at”, as row 2 proves (01/14/27).",),
        tasks={
            "RM-1": {"due_at": "2027-01-14 23:59"},
            "RM-2": {"due_at": "2027-01-14 23:59"},
            "RM-3": {"due_at": "2027-11-30 14:30"},
            "RM-4": {"due_at": "2027-12-01 00:00"},
            "RM-5": {"due_at": "2027-11-30 14:30"},
        },
    ),
    Case(
        "clocks that change",
        CLOCKS,
        0,
        zone="Europe/Berlin",
        says=("Times in “due_at” are those of Europe/Berlin, unless they say another one.",),
        faults={
            2: "2027-03-28 02:30 does not exist in Europe/Berlin: the clocks change.",
            3: "2027-10-31 02:30 exists twice in Europe/Berlin.",
        },
    ),
    Case(
        "clocks that don't",
        CLOCKS,
        2,
        says=("Times in “due_at” are those of UTC, unless they say another one.",),
        tasks={"CL-1": {"due_at": "2027-03-28 02:30"}, "CL-2": {"due_at": "2027-10-31 02:30"}},
    ),
    Case(
        "no queue and no key, joined",
        ROUNDS,
        12,
        asks=("key", "values"),
        options={"key": "Asset,Date", "queue": PARTS},
        says=(
            "The reference is made of “Asset”, “Date”.",
            "3 rows have the same ones as earlier rows: -2, -3 … is added to them.",
            f"All rows: queue “{PARTS}”.",
        ),
        changeable=("key", "all_queue"),
        tasks={"ICE-1-2027-02-11": {"name": "Clean"}, "ICE-0-2027-01-10-2": {"queue": PARTS}},
    ),
    Case(
        "no queue and no key, numbered",
        ROUNDS,
        12,
        asks=("key", "values"),
        options={"number": "ICE-", "queue": PARTS},
        says=("The rows are numbered, from ICE-1 on.",),
        tasks={"ICE-12": {"name": "Clean", "queue": PARTS}},
    ),
    Case(
        "Windows-1251",
        text(
            "Номер;Название;Очередь",
            "НК-1;Проверка накладной;Входной контроль",
            "НК-2;Проверка этикетки;Входной контроль",
            encoding="cp1251",
            end="\r\n",
        ),
        2,
        asks=("encoding", "columns", "key"),
        options={
            "encoding": "cp1251",
            "map": ["Номер=reference", "Название=name", "Очередь=queue"],
        },
        says=("The text is read as Windows-1251 (Cyrillic).",),
        changeable=("encoding",),
        tasks={"НК-1": {"name": "Проверка накладной", "queue": "Входной контроль"}},
    ),
    Case(
        "GBK",
        text("编号,名称,队列", "质-1,来料检验,来料", "质-2,标签检查,来料", encoding="gbk"),
        2,
        asks=("encoding", "columns", "key"),
        options={"encoding": "gbk", "map": ["编号=reference", "名称=name", "队列=queue"]},
        says=("The text is read as GBK (Chinese, simplified).",),
        changeable=("encoding",),
        tasks={"质-2": {"name": "标签检查", "queue": "来料"}},
    ),
    Case(
        "Windows-1250",
        text(
            "reference;name;queue",
            "PL-1;Kontrola łożysk, Łódź;Części",
            "PL-2;Śruba ocynk;Części",
            encoding="cp1250",
            end="\r\n",
        ),
        2,
        asks=("encoding",),
        options={"encoding": "cp1250"},
        says=("The text is read as Windows-1250 (Central European).",),
        changeable=("encoding",),
        tasks={"PL-1": {"name": "Kontrola łożysk, Łódź", "queue": "Części"}},
    ),
    Case(
        "ids of sixteen digits",
        workbook([COLUMNS, *([int(one), "Return", PARTS] for one in SHOWN_IDS)]),
        2,
        ending="xlsx",
        says=SHOWN_IDS,
        tasks={one: {"name": "Return"} for one in SHOWN_IDS},
    ),
    Case(
        "number formats",
        workbook(FORMATS, _in_formats),
        2,
        ending="xlsx",
        says=("LOT-0017 · LOT-0018", "1.10 · 2.00", "10.00 · 4.50"),
        tasks={
            "NF-0": {"details": {"lot": "LOT-0017", "revision": "1.10", "size": "10.00"}},
            "NF-1": {"details": {"lot": "LOT-0018", "revision": "2.00", "size": "4.50"}},
        },
    ),
    Case(
        "from pandas",
        text(
            f",{HEAD},priority",
            f"0,10023.0,Gasket,{PARTS},3.0",
            f"1,10024.0,Gasket,{PARTS},1.0",
            f"2,4.90E+12,Gasket,{PARTS},",
        ),
        2,
        says=("The first column has no heading and only counts the rows: it is left out.",),
        tasks={"10023": {"priority": 3, "details": {}}, "10024": {"priority": 1}},
        faults={4: "The spreadsheet shortened this number."},
    ),
    Case(
        "spellings that look alike",
        text(HEAD, *(f"{one},Invoice,Invoices" for one in SPELLINGS)),
        1,
        says=("Duplicate of row 2.",),
        tasks={"INV-77": {"name": "Invoice"}},
        faults=dict.fromkeys(range(3, 10), "Duplicate of row 2."),
    ),
    Case(
        "decomposed umlaut",
        text(HEAD, "DU-1,Pru\u0308fteil,Pru\u0308fung"),
        1,
        says=("Prüfung",),
        tasks={"DU-1": {"queue": "Prüfung", "name": "Prüfteil"}},
    ),
    Case(
        "64-bit ends",
        in_64_bits(workbook(parts("Z", 3))),
        3,
        ending="xlsx",
        says=("Excel workbook (XLSX)",),
        tasks={"Z-2": {"name": "Cap"}},
    ),
    Case(
        "cover sheet",
        _beside_a_cover(parts("CS", 4)),
        4,
        ending="xlsx",
        says=("Sheet “Data” is read; there is also: Read me.",),
        changeable=("sheet",),
        tasks={"CS-3": {"name": "Cap"}},
    ),
    Case(
        "hidden rows, left out",
        HIDDEN,
        10,
        ending="xlsx",
        asks=("hidden_rows",),
        options={"hidden_rows": "without"},
        says=("20 hidden rows are left out.",),
        changeable=("hidden_rows",),
        tasks={"HR-1": {"name": "Cap"}},
    ),
    Case(
        "hidden rows, read",
        HIDDEN,
        30,
        ending="xlsx",
        asks=("hidden_rows",),
        options={"hidden_rows": "with"},
        says=("20 hidden rows are read.",),
        tasks={"HR-0": {"name": "Cap"}},
    ),
    Case(
        "linked cells",
        workbook(LINKS, _linked),
        2,
        ending="xlsx",
        says=("2 cells are links: their addresses are read.",),
        tasks={
            f"LK-{at}": {"link": f"https://files.example.com/drawings/471{at}.pdf"} for at in (1, 2)
        },
    ),
    Case(
        "coloured blank rows",
        workbook(parts("BL", 20), _coloured),
        20,
        ending="xlsx",
        says=("Excel workbook (XLSX)",),
        tasks={"BL-19": {"name": "Cap"}},
    ),
    Case(
        "words for urgency",
        URGENCIES,
        9,
        asks=("words", "words"),
        options={"word": ["5=4", "Sofort=1"]},
        says=("“5” is read as “P4 low”.", "“Sofort” is read as “P1 urgent”."),
        changeable=("words_was_0", "words_was_1"),
        tasks={
            f"UR-{at}": {"priority": priority}
            for at, priority in enumerate((1, 2, 1, 2, 1, 2, 4, 3, 1))
        },
    ),
    Case(
        "totals and a remark",
        text(
            "No;Item;Qty;Queue",
            f"T-1;Cap;10;{PARTS}",
            f"T-2;Cap;12;{PARTS};ask Jo about it",
            f"T-3;Cap;4;{PARTS}",
            "Total;;26;",
            end="\r\n",
        ),
        3,
        asks=("stray_cells",),
        options={"ignore_stray_cells": True},
        says=(
            "1 cell under no heading is left out.",
            "Row 5 only sums up others: it is left out.",
        ),
        changeable=("stray_cells",),
        tasks={"T-2": {"details": {"Qty": "12"}}},
    ),
    Case(
        "blank headings, left out",
        BLANK,
        2,
        asks=("stray_cells",),
        options={"ignore_stray_cells": True},
        says=("2 cells under no heading are left out.",),
        tasks={"BH-1": {"details": {}}, "BH-2": {"details": {}}},
    ),
    Case(
        "blank headings, kept",
        BLANK,
        2,
        asks=("stray_cells",),
        options={"ignore_stray_cells": False},
        says=("2 cells under no heading are kept.",),
        tasks={"BH-1": {"details": {"column 3": "x"}}, "BH-2": {"details": {"column 5": "y"}}},
    ),
    Case(
        "header in row 4",
        text(
            *("Weekly list,,,", "made on 2027-01-04,,,", ",,,"),
            *(f"{HEAD},priority", f"H4-1,Cap,{PARTS},2", f"H4-2,Cap,{PARTS},"),
        ),
        2,
        says=("The header is row 4; what is above it is left out.",),
        changeable=("header_row",),
        tasks={"H4-1": {"priority": 2}, "H4-2": {"name": "Cap"}},
    ),
    Case(
        "leading zeros lost",
        text(HEAD, *(f"{number},Cap,{PARTS}" for number in range(451, 461))),
        10,
        there=tuple(f"000{number}" for number in range(451, 461)),
        says=("10 rows are new, though 10 tasks are called the same but for leading zeros.",),
        tasks={"451": {"name": "Cap"}},
    ),
]
