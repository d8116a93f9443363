"""People, as the schema describes them."""

from typing import Any

from rest_framework import serializers

from qc.models import Role, Scope


class TaskLineSchema(serializers.Serializer[Any]):
    """A task as others see that somebody has it."""

    id = serializers.IntegerField()
    reference = serializers.CharField()
    name = serializers.CharField()
    status = serializers.CharField()


class PresentSchema(serializers.Serializer[Any]):
    """Somebody who does QC: whether they are there and free, and what they have in hand."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    is_logged_in = serializers.BooleanField()
    is_free = serializers.BooleanField()
    break_reason = serializers.CharField(allow_blank=True)
    tasks = TaskLineSchema(many=True)


class MySelfSchema(PresentSchema):
    """Who makes the call, with the tasks in their hands in full."""

    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField(allow_blank=True)
    capacity = serializers.IntegerField()
    tasks = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]


class PresenceSchema(serializers.Serializer[Any]):
    """Who is there, and who makes the call."""

    me = MySelfSchema()
    results = PresentSchema(many=True)
    next = serializers.URLField(allow_null=True)


class SignedOutSchema(serializers.Serializer[Any]):
    """The tasks that wait again."""

    returned = TaskLineSchema(many=True)
    me = MySelfSchema()


class BreakReason(serializers.Serializer[Any]):
    """Why somebody goes on break."""

    reason = serializers.CharField(max_length=100)


class MeSchema(MySelfSchema):
    """Who makes the call, what they may do, and the tasks in their hands in full."""

    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices))
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices), allow_null=True)
    may_work = serializers.BooleanField()
    may_manage = serializers.BooleanField()
    may_read_all = serializers.BooleanField()


class AccountSchema(serializers.Serializer[Any]):
    """An account, as the list of people shows it."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField(allow_blank=True)
    is_active = serializers.BooleanField()
    is_logged_in = serializers.BooleanField()
    is_free = serializers.BooleanField()
    break_reason = serializers.CharField(allow_blank=True)
    open_tasks = serializers.IntegerField()
    capacity = serializers.IntegerField()
    roles = serializers.ListField(child=serializers.CharField())
    queues = serializers.ListField(child=serializers.CharField())
    last_seen_at = serializers.DateTimeField(allow_null=True)


class AccountInFullSchema(AccountSchema):
    """An account, as its own page shows it."""

    email = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True)
    time_zone = serializers.CharField(allow_blank=True)


class AccountsSchema(serializers.Serializer[Any]):
    """A page of accounts."""

    results = AccountSchema(many=True)
    next = serializers.URLField(allow_null=True)
