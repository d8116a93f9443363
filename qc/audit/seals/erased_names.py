"""Whether names were erased rightly: a row without them shows its person's pseudonym, no more."""

from collections.abc import Collection, Iterable

from qc.audit.seals.row_hashing import HashedRow
from qc.core.commitments import pseudonym
from qc.core.id_spans import ids_of
from qc.models import AuditEvent, ChangeKind, EventKind, User


class ErasedNames:
    """Finds rows whose names were erased by forgery; made anew for each verification."""

    def __init__(self) -> None:
        self._people: dict[int, int] = {}
        self._records = 0

    def forged(self, table: str, rows: Iterable[HashedRow]) -> set[int]:
        """Return the ids of rows that show anything but the pseudonym of an anonymised person.

        Any other name would be a forgery, and so would an event that was erased without a record.
        Call it after reading the rows: names are removed in one transaction with the rows that say
        so.
        """
        erased = {row.pk: row for row in rows if row.uncommitted}
        if table == "event":
            self._read_records(erased)
            people = {pk: self._people.get(pk, 0) for pk in erased}
        else:
            people = {pk: row.content["id"] for pk, row in erased.items()}
        leavers = _leavers(set(people.values())) if people else set()
        return {pk for pk, row in erased.items() if not _fits(row, people[pk], leavers)}

    def _read_records(self, events: Collection[int]) -> None:
        """Read for whom each event lost its name, unless that is known of all of these.

        It is read again only when somebody else was anonymised meanwhile.
        """
        records = AuditEvent.objects.filter(kind=EventKind.NAMES_REMOVED)
        if self._people.keys() >= set(events) or records.count() == self._records:
            return
        details = list(records.order_by("-history_id").values_list("details", flat=True))
        self._records = len(details)
        self._people = {pk: one["person"] for one in details for pk in ids_of(one["events"])}


def _leavers(people: Collection[int]) -> set[int]:
    """Return which of these people were anonymised."""
    rows = User.history.filter(kind=ChangeKind.ANONYMISED, id__in=people)
    return set(rows.values_list("id", flat=True))


def _fits(row: HashedRow, person: int, leavers: Collection[int]) -> bool:
    shown = {value for value in row.uncommitted.values() if value}
    return person in leavers and shown == {pseudonym(person)}
