"""People as rows of a file: name, real name, e-mail, roles, queues, capacity, language, active."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.contrib.auth.models import Group
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.widgets import Widget

from qc import history, permissions
from qc.admin.shared.base import after_commit, keep_others
from qc.admin.shared.file_cells import (
    ChoicesWidget,
    ChoiceWidget,
    YesNoWidget,
    joined,
    parts,
)
from qc.admin.shared.list_resource import Column, ListResource
from qc.core.localization import for_the_record
from qc.core.names import normal_name
from qc.models import ChangeKind, Queue, Role, Task, User
from qc.models.queues import folded
from qc.work import accounts, lost_access, memberships
from qc.work import actions as work
from qc.work.memberships import Membership

# What else lists call the columns.
HEADINGS = {
    "name": "username",
    "user": "username",
    "login": "username",
    "benutzer": "username",
    "anmeldename": "username",
    "surname": "last_name",
    "e-mail": "email",
    "mail": "email",
    "role": "roles",
    "rolle": "roles",
    "queue": "queues",
    "warteschlange": "queues",
}


class NumberWidget(Widget):
    """A whole number."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> int:
        """Return the number. Raises ValueError."""
        if not (value.isascii() and value.isdigit()):
            raise ValueError(_("“%s” is no whole number.") % value)
        return int(value)


class OpenQueuesWidget(Widget):
    """Open queues by their names, with ; between them."""

    def __init__(self) -> None:
        super().__init__()
        # Read once for each import.
        self.named: dict[str, Queue] = {}

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> frozenset[Queue]:
        """Return the queues, known by each of their names. Raises ValueError."""
        return frozenset(self._open(name) for name in parts(value))

    def _open(self, name: str) -> Queue:
        queue = self.named.get(name) or self.named.get(folded(name))
        if queue is None:
            raise ValueError(_("There is no queue “%s”.") % name)
        if queue.is_closed:
            raise ValueError(_("%(queue)s is closed.") % {"queue": queue})
        return queue

    def render(self, value: Iterable[Queue], obj: Any = None, **kwargs: Any) -> str:
        """Return their names."""
        return joined(value)


class RolesColumn(Column):
    """The roles of a person, by the names of their groups."""

    def stored(self, instance: User) -> frozenset[str]:
        """Return them; a new person is QC staff."""
        if instance.pk is None:
            return frozenset({str(Role.QC_STAFF)})
        names = {group.name for group in instance.groups.all()}
        return frozenset(names & set(Role.values))

    def empty(self) -> frozenset[str]:
        """Return no roles."""
        return frozenset()


class QueuesColumn(Column):
    """The open queues that a person is on."""

    def stored(self, instance: Any) -> frozenset[Queue]:
        """Return them; a new person is on none."""
        if instance.pk is None:
            return frozenset()
        return frozenset(queue for queue in instance.queues.all() if not queue.is_closed)

    def empty(self) -> frozenset[Queue]:
        """Return no queues."""
        return frozenset()


def _languages() -> list[tuple[str, str]]:
    """Return the languages of the pages, each as it calls itself."""
    return [(code, LANG_INFO[code]["name_local"]) for code, _name in settings.LANGUAGES]


class PersonResource(ListResource):
    """Adds accounts and changes them, as their page would; each leaves a row of history."""

    username = Column("username", "username", Widget())
    first_name = Column("first_name", "first_name", Widget(), may_be_empty=True)
    last_name = Column("last_name", "last_name", Widget(), may_be_empty=True)
    email = Column("email", "email", Widget(), may_be_empty=True)
    roles = RolesColumn(
        "groups",
        "roles",
        ChoicesWidget(Role.choices),
        label=gettext_lazy("roles"),
        may_be_empty=True,
    )
    queues = QueuesColumn(
        "queues", "queues", OpenQueuesWidget(), label=gettext_lazy("queues"), may_be_empty=True
    )
    capacity = Column("capacity", "capacity", NumberWidget())
    language = Column("language", "language", ChoiceWidget(_languages()), may_be_empty=True)
    active = Column("is_active", "active", YesNoWidget())

    headings = HEADINGS
    key = "username"

    class Meta:
        model = User
        fields = import_order = export_order = (
            *("username", "first_name", "last_name", "email", "roles", "queues"),
            *("capacity", "language", "active"),
        )
        import_id_fields: ClassVar = ["username"]
        use_transactions = True
        report_skipped = True

    def __init__(self, by: User | None = None, **kwargs: Any) -> None:
        super().__init__(by, **kwargs)
        self.people: dict[str, User] = {}
        self.may_edit: set[int] = set()
        self.given: list[Group] = []
        self.add: set[Membership] = set()
        self.remove: set[Membership] = set()
        # What people could do before a row took something from them.
        self.access: dict[int, lost_access.Access] = {}
        self.returned: list[Task] = []
        self.new_people: list[int] = []

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Lock the people of the file, and read what all rows need."""
        super().before_import(dataset, **kwargs)
        wanted = {normal_name(str(cell)) for cell in dataset[self.key]}
        ids = [
            pk
            for pk, name in User.objects.values_list("pk", "username")
            if normal_name(name) in wanted
        ]
        people = User.objects.locked(*ids).prefetch_related("groups", "queues")
        self.people = {normal_name(one.username): one for one in people}
        self.may_edit = permissions.edited_by(self.by, self.people.values()) - {self.by.pk}
        self.given = list(permissions.roles_given_by(self.by))
        self.fields["queues"].widget.named = Queue.objects.by_name()

    def normal(self, key: str) -> str:
        """Return a name as names are compared, whatever its capitals."""
        return normal_name(key)

    def find(self, key: str) -> User | None:
        """Return the person of a name."""
        return self.people.get(normal_name(key))

    def new(self, key: str) -> User:
        """Return a new person, who chooses a password by a link."""
        person = User(username=key, is_staff=True)
        person.set_unusable_password()
        return person

    def take(self, instance: User, column: str, value: Any) -> None:
        """Refuse what the importer may not change, and a capacity below what is held."""
        if instance.pk is not None and instance.pk not in self.may_edit:
            own = _("Change your own account on its page.")
            raise ValueError(own if instance == self.by else _("You may not edit this account."))
        given = {group.name for group in self.given}
        if column == "roles" and (value ^ self.fields["roles"].stored(instance)) - given:
            raise ValueError(_("Only a superuser may give or take other roles than QC staff."))
        is_known = column == "capacity" and instance.pk is not None
        if is_known and (refusal := accounts.why_too_few(instance, value)):
            raise ValueError(refusal)

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Save the columns; the history row is written by `save_m2m`."""
        columns = self.changed_columns(instance)
        instance.is_new = is_create
        if not is_create:
            self._note_access(instance)
            if "is_active" in columns and not instance.is_active:
                self.returned += accounts.deactivate(instance, by=self.by)
            keep_others(instance, columns)
        if is_create or columns:
            with history.without_history(instance):
                instance.save(update_fields=None if is_create else columns)
        if is_create:
            self.new_people.append(instance.pk)

    def save_m2m(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """Save the roles and the row of history; queues follow for all people together."""
        is_new = instance.is_new
        if is_new:
            instance.changes.setdefault("roles", frozenset({str(Role.QC_STAFF)}))
        reason = self._differences(instance, kwargs.get("file_name") or "")
        roles = instance.changes.get("roles")
        if roles is not None:
            chosen = [group for group in self.given if group.name in roles]
            accounts.set_roles(instance, chosen, among=self.given)
        kind = ChangeKind.ROLES_CHANGED if roles is not None and not is_new else ""
        history.record_many([instance], kind=kind, by=self.by, reasons=[reason], created=is_new)
        self._note_queues(instance)
        after_commit(work.hand_out_to, instance.pk)

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Write who is on which queue, and return what people may not work on any more."""
        super().after_import(dataset, result, **kwargs)
        memberships.write(add=self.add, remove=self.remove, by=self.by)
        for person, access in self.access.items():
            self.returned += lost_access.return_lost(person, access, by=self.by)
        after_commit(work.hand_out_from, {task.queue_id for task in self.returned})
        result.new_people, result.returned = self.new_people, self.returned

    def _note_access(self, person: Any) -> None:
        if {"roles", "queues"} & person.changes.keys():
            self.access[person.pk] = lost_access.access_of(person.pk)

    def _note_queues(self, person: Any) -> None:
        wanted = person.changes.get("queues")
        if wanted is None:
            return
        now = frozenset() if person.is_new else self.fields["queues"].stored(person)
        self.add |= {Membership(person.pk, queue.pk) for queue in wanted - now}
        self.remove |= {Membership(person.pk, queue.pk) for queue in now - wanted}

    @for_the_record()
    def _differences(self, person: Any, file_name: str) -> str:
        """Return in words from which file it is, and how roles and queues change."""
        texts = [_("Imported from %(file)s") % {"file": file_name}]
        for name, label in (("roles", _("Roles")), ("queues", _("Queues"))):
            column = self.fields[name]
            wanted = person.changes.get(name)
            if wanted is not None:
                before = "" if person.is_new else column.widget.render(column.stored(person))
                texts.append(f"{label}: {before or '–'} → {column.widget.render(wanted) or '–'}")
        return "; ".join(texts)
