"""Compares who may do what with what migrations grant: nobody's rights come from anywhere else.

Which roles somebody has, and whether they are a superuser, is in their history:
`qc.history.consistency`.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import Group

from qc.models import User
from qc.permissions import GRANTS


def differing() -> Iterator[str]:
    """Yield a sentence for each role and each person with other rights than they should have."""
    granted = _by_name(Group.permissions.through, "group__name")
    expected = {str(role): {f"qc.{one}" for one in GRANTS[role]} for role in GRANTS}
    for name in sorted(expected.keys() | granted.keys()):
        if added := granted[name] - expected.get(name, set()):
            yield f"the group {name} also has {', '.join(sorted(added))}"
        if missing := expected.get(name, set()) - granted[name]:
            yield f"the group {name} lacks {', '.join(sorted(missing))}"
    own = _by_name(User.user_permissions.through, "user__username")
    for name, added in sorted(own.items()):
        yield f"{name} has {', '.join(sorted(added))} besides any role"


def _by_name(table: Any, name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    columns = (name, "permission__content_type__app_label", "permission__codename")
    for owner, app, codename in table.objects.values_list(*columns):
        found[owner].add(f"{app}.{codename}")
    return found
