"""Which event a change of a task is."""

from qc.models import ChangeKind, EventType

# By the type of a history row, whatever its kind.
OF_TYPE = {"+": EventType.CREATED, "-": EventType.DELETED}
# By kind, of the other rows; those of any other kind are CHANGED.
OF_KIND = {
    ChangeKind.ASSIGNED: EventType.ASSIGNED,
    ChangeKind.CANCELLED: EventType.CANCELLED,
    ChangeKind.CLAIMED: EventType.CLAIMED,
    ChangeKind.COMMENTED: EventType.COMMENTED,
    ChangeKind.COMPLETED: EventType.COMPLETED,
    ChangeKind.COMPLETION_UNDONE: EventType.UNDONE,
    ChangeKind.CORRECTED: EventType.CORRECTED,
    ChangeKind.HELD: EventType.HELD,
    ChangeKind.RELEASED: EventType.RELEASED,
    ChangeKind.REOPENED: EventType.REOPENED,
    ChangeKind.RESUMED: EventType.RESUMED,
    ChangeKind.RETURNED: EventType.RETURNED,
    ChangeKind.STARTED: EventType.STARTED,
}


def as_sql() -> tuple[str, list[str]]:
    """Return the SQL of an event's type over the columns of a history row, and its parameters."""
    whens = [("history_type", *one) for one in OF_TYPE.items()]
    whens += [("kind", *one) for one in OF_KIND.items()]
    cases = " ".join([f"WHEN {column} = %s THEN %s" for column, _value, _type in whens])
    parameters = [str(text) for _column, value, type_ in whens for text in (value, type_)]
    return f"CASE {cases} ELSE %s END", [*parameters, str(EventType.CHANGED)]
