"""Violations: what can be wrong with what was sealed, each as a sentence."""

from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qc.models import Queue, Seal
from qc.models.choices import TABLE_NAMES
from qc.models.seals import DIGEST

OF_A_ROW = {
    "changed": gettext_lazy("was changed"),
    "deleted": gettext_lazy("was deleted"),
    "inserted": gettext_lazy("was inserted"),
    "reordered": gettext_lazy("has changed places with another"),
    "misdated": gettext_lazy("has a date that does not match its position"),
}
OF_A_SEAL = {
    "seal changed": gettext_lazy("was changed"),
    "seal deleted": gettext_lazy("was deleted"),
    "seal unlinked": gettext_lazy("does not match the one before it"),
    "seal unreadable": gettext_lazy("covers columns that no longer exist"),
    "seal replaced": gettext_lazy("differs from the copy kept outside"),
    "copy changed": gettext_lazy("has a wrong hash in the copy kept outside"),
}
OF_AN_ARCHIVE = {
    "archive forged": gettext_lazy("differs from what the audit trail says was archived"),
    "archive deleted": gettext_lazy(
        "has no record any more, although the audit trail says that it was written"
    ),
    "archive unknown": gettext_lazy("has no record: this file is not known as an archive"),
    "archive changed": gettext_lazy("is not the file that was written originally"),
    "archive cut off": gettext_lazy("does not have all the rows that were archived"),
}
OF_A_PLAN = {
    "plan changed": gettext_lazy("differs from what was published"),
    "plan deleted": gettext_lazy("was deleted"),
    "plan inserted": gettext_lazy("was never published"),
}


OF_A_FILE = {
    "file changed": gettext_lazy("is not the one that was added"),
    "file missing": gettext_lazy("is not where it was stored"),
    "file removed": gettext_lazy("was removed without an entry in the audit trail"),
    "file row changed": gettext_lazy("has a changed row in the database"),
    "file row deleted": gettext_lazy("has no row in the database any more"),
    "file row inserted": gettext_lazy("came without an entry in the audit trail"),
    "thumbnail changed": gettext_lazy("has another thumbnail than the one that was made of it"),
    "thumbnail missing": gettext_lazy("has no thumbnail any more"),
}
OF_A_PICTURE = {
    "picture changed": gettext_lazy("is not the one that was added"),
    "picture missing": gettext_lazy("is not where it was stored"),
    "picture row deleted": gettext_lazy("has no row in the database any more"),
    "picture row inserted": gettext_lazy("came without an entry in the audit trail"),
}
# Of no seal: the number in a violation, and in a record of a verification.
NO_SEAL = 0
# So many digits of a picture's digest tell it from others.
SHORT = 12


class Violation(NamedTuple):
    """Something that is not as it was sealed: what, in which seal, and which row of a table.

    For an archive, `seal` is the archive's number; 0 for a file that is not known. For a version
    of a check plan, `seal` is its number and `row` the id of its queue. For the file of a check,
    `row` is its id, and `name` its name and task where they are known; for the picture of a plan's
    item, `name` is its digest.
    """

    what: str
    seal: int
    table: str = ""
    row: int | None = None
    name: str = ""

    def __str__(self) -> str:
        if self.what in OF_A_SEAL:
            return _("Seal %(seal)s %(what)s") % {"seal": self.seal, "what": OF_A_SEAL[self.what]}
        if self.what in OF_AN_ARCHIVE:
            what = OF_AN_ARCHIVE[self.what]
            return _("Archive %(archive)s %(what)s") % {"archive": self.seal, "what": what}
        if self.what in OF_A_PLAN:
            return self._of_plan()
        if self.what in OF_A_FILE:
            file = f"{self.row} ({self.name})" if self.name else self.row
            return _("File %(file)s %(what)s") % {"file": file, "what": OF_A_FILE[self.what]}
        if self.what in OF_A_PICTURE:
            name, what = self.name[:SHORT] or "…", OF_A_PICTURE[self.what]
            return _("Picture %(name)s of check plans %(what)s") % {"name": name, "what": what}
        values = {
            "row": self.row,
            "table": TABLE_NAMES[self.table],
            "what": OF_A_ROW[self.what],
            "seal": self.seal,
        }
        return _("Row %(row)s in the history of %(table)s %(what)s (seal %(seal)s)") % values

    def _of_plan(self) -> str:
        values = {
            "number": self.seal,
            "queue": Queue.objects.filter(pk=self.row or 0).first() or self.row,
            "what": OF_A_PLAN[self.what],
        }
        return _("Version %(number)s of the check plan of %(queue)s %(what)s") % values


def is_consistent(seal: Seal) -> bool:
    """Return whether a seal is of a known table, and has as many ids and digests as rows."""
    ids = sum(last - first + 1 for first, last in seal.ids)
    return seal.table in TABLE_NAMES and ids == seal.rows == len(seal.digests) / DIGEST
