"""Pictures that the help of plan items shows: taken as files of checks are, and never changed."""

from itertools import chain
from typing import Any

from django.core.files import File
from django.utils.translation import gettext as _

from qc import permissions
from qc.checks import plan
from qc.checks.evidence import received, scanning, storage
from qc.checks.evidence.received import Prepared
from qc.core.exceptions import InvalidInput, NotFound
from qc.history import events
from qc.models import EventKind, ItemPicture, Queue, Task, User

# Of the tasks that somebody has completed, the plans of so many are looked at.
LATEST = 50


def prepare(file: File) -> Prepared:
    """Return a picture as it is stored: encoded anew, with nothing of its sender in it.

    Raises InvalidInput for what is no picture, too large or damaged, and Busy where it can't be
    scanned.
    """
    content = received.opened(file)
    scanning.scan(content)
    prepared = received.prepare(content, file.name or "")
    if not prepared.thumbnail:
        raise InvalidInput("file", _("Choose a picture: JPEG, PNG, WebP or GIF."))
    return prepared


def store(prepared: Prepared, *, by: User) -> ItemPicture:
    """Store a picture, with an event that is sealed; the same one is stored once.

    The file is written before its row: at worst one is left that nobody knows, and the hourly job
    deletes it.
    """
    permissions.check_manager(by)
    found = ItemPicture.objects.filter(pk=prepared.digest).first()
    return found or _stored(prepared, by)


def visible_to(user: User, digest: str) -> ItemPicture:
    """Return a picture. Raise NotFound also where this user may see no plan that shows it.

    Managers and auditors see all; others those of the queues that they serve, and of tasks that
    they hold or have completed lately.
    """
    found = ItemPicture.objects.filter(pk=digest).first()
    if found is None or not (permissions.is_auditor(user) or _is_shown_to(user, digest)):
        raise NotFound(_("There is no such picture."))
    return found


def _stored(prepared: Prepared, by: User) -> ItemPicture:
    names = storage.write(prepared)
    row, is_new = ItemPicture.objects.get_or_create(
        digest=prepared.digest,
        defaults={
            "content_type": prepared.content_type,
            "size": prepared.size,
            "file": names.file,
            "thumbnail": names.thumbnail,
        },
    )
    if not is_new:
        # Somebody else has stored it at the same time.
        storage.delete(names)
        return row
    details: dict[str, Any] = {"file": prepared.name, "size": row.size, **prepared.digests}
    events.record(EventKind.PICTURE_ADDED, by=by, **details)
    return row


def _is_shown_to(user: User, digest: str) -> bool:
    completed = Task.objects.filter(assignee=user, completed_at__isnull=False)
    versions = set(
        chain(
            Queue.objects.served_by(user).values_list("plan", flat=True),
            Task.objects.held_by(user).order_by().values_list("plan", flat=True),
            completed.order_by("-completed_at").values_list("plan", flat=True)[:LATEST],
        )
    )
    return any(digest in plan.of_version(one).pictures for one in versions if one)
