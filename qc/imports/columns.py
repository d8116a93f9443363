"""The columns of a table, their usual names, and the mapping of a header to them.

A mapping has an entry for each column of a file: the name of one of ours, `DETAIL` and the heading
for one of the sender's, or "" when it is left out.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence

from django.utils.translation import gettext as _

from qc.models import Task
from qc.tables.cells import Fault, stripped, unescaped

NEEDED = ("reference", "name", "queue")
COLUMNS = (*NEEDED, "priority", "due_at", "instructions", "link", "lot_size")
# Only exported, by names that no sender uses; left out when the file is imported.
STATE_COLUMNS = (
    "qc_status",
    "qc_person",
    "qc_assigned_at",
    "qc_completed_at",
    "qc_outcome",
    "qc_notes",
    "qc_inspected",
    "qc_rejected",
    "qc_findings",
)
# The column of errors in a file of refused rows; left out when that is imported.
ERROR = "qc_error"
# Prefix of a sender's own column; written to files only where the heading would be taken for ours.
DETAIL = "details: "
LEFT_OUT = ""

# Synonyms, as `plain_heading` spells them; none that often means something else.
OTHER_NAMES = {
    "reference": """ref, ref no, ref nr, reference no, reference nr, reference number, id, task id,
        nr, no, number, key, issue key, ticket, ticket no, ticket number, ticket id, order,
        order no, order nr, order number, referenz, referenznr, referenz nr, referenznummer, nummer,
        kennung, auftrag, auftragsnr, auftrags nr, auftragsnummer, bestellnr, bestell nr,
        bestellnummer, belegnr, beleg nr, belegnummer, vorgang, vorgangsnummer""",
    "name": """title, task, task name, subject, summary, titel, aufgabe, bezeichnung, betreff""",
    "queue": """queue name, warteschlange, kind of work, work type, arbeitsart, art der arbeit""",
    "priority": """prio, urgency, prioritaet, dringlichkeit""",
    "due_at": """due, due date, due by, due on, deadline, faellig, faellig am, faellig bis,
        faelligkeit, faelligkeitsdatum, frist, termin, zu erledigen bis""",
    "instructions": """instruction, what to do, anweisung, anweisungen, anleitung""",
    "link": """url, hyperlink, web address, webadresse""",
    "lot_size": """lotsize, lot quantity, lot qty, batch size, losgroesse, los groesse, losmenge,
        chargengroesse""",
}
# Synonyms that count only where they are the single one, and no other column is the name.
WEAKER_NAMES = """item, part, part name, product, article, material, description, work, job,
    artikel, teil, produkt, ware, beschreibung, arbeit"""
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def guess(header: Sequence[str]) -> list[str]:
    """Guess a mapping for a header: our column names first, then common synonyms.

    Where a heading is our own name, its synonyms are the sender's columns. A column
    without a heading is `DETAIL` alone: cells in it are refused.
    """
    own = {_own(heading) for heading in header}
    mapping = [_guess(heading, own) for heading in header]
    weaker = [at for at, heading in enumerate(header) if plain_heading(heading) in WEAKER]
    if "name" not in mapping and len(weaker) == 1 and len(header) > 1:
        mapping[weaker[0]] = "name"
    return mapping


def check_mapping(
    header: Sequence[str], mapping: Sequence[str], row: int = 1, completed: Collection[str] = ()
) -> list[Fault]:
    """Return what is wrong with a mapping: needed columns it lacks, and columns chosen twice.

    Columns that are `completed` need not be in the file.
    """
    message = _("This column is missing. Required columns: %s.") % ", ".join(NEEDED)
    needed = [name for name in NEEDED if name not in completed]
    missing = [Fault(row, name, "", message) for name in needed if name not in mapping]
    return [*missing, *_twice(header, mapping, row)]


def fingerprint(header: Sequence[str]) -> str:
    """Return a hash that recognises a header; capitals and blanks don't change it.

    Nor does our column of errors behind it: refused rows come back with it once they are fixed.
    """
    theirs = header[:-1] if header and _own(header[-1]) == ERROR else header
    names = json.dumps([plain_heading(heading) for heading in theirs])
    return hashlib.sha256(names.encode()).hexdigest()


def label(name: str) -> str:
    """Return what pages call one of our columns; a sender's has its heading."""
    return str(Task._meta.get_field(name).verbose_name) if name in COLUMNS else name  # type: ignore[union-attr]


def heading(name: str) -> str:
    """Return the heading for a sender's column, with `DETAIL` if it would be taken for ours."""
    return name if guess([name]) == [DETAIL + name] else DETAIL + name


def detail(heading: str) -> str:
    """Return the entry of the mapping for a sender's own column."""
    shown = stripped(unescaped(stripped(heading)))
    return shown if shown.startswith(DETAIL) else DETAIL + shown


def _guess(heading: str, own: set[str]) -> str:
    if name := _own(heading):
        return name if name in COLUMNS else LEFT_OUT
    name = KNOWN.get(plain_heading(heading), "")
    return name if name and name not in own else detail(heading)


def _own(heading: str) -> str:
    name = plain_heading(heading).replace(" ", "_")
    return name if name in (*COLUMNS, *STATE_COLUMNS, ERROR) else ""


def plain_heading(heading: str) -> str:
    """Return a heading in small letters, its words separated by single blanks."""
    text = unicodedata.normalize("NFKC", unescaped(stripped(heading))).casefold()
    return re.sub(r"[\s_.:#*-]+", " ", text.translate(UMLAUTS)).strip()


KNOWN = {
    plain_heading(other): name
    for name, others in OTHER_NAMES.items()
    for other in others.split(",")
}
WEAKER = {plain_heading(other) for other in WEAKER_NAMES.split(",")}


def _twice(header: Sequence[str], mapping: Sequence[str], row: int) -> Iterator[Fault]:
    for name in dict.fromkeys(mapping):
        if name in (LEFT_OUT, DETAIL) or mapping.count(name) == 1:
            continue
        chosen = [one for one, to in zip(header, mapping, strict=True) if to == name]
        shown = name.removeprefix(DETAIL)
        if len({plain_heading(one) for one in chosen}) == 1:
            message = _("This column is in the file twice.")
        else:
            words = {"headings": ", ".join(chosen), "column": shown}
            message = _("Only one of these columns can be “%(column)s”: %(headings)s.") % words
        yield Fault(row, shown, shown, message)
