"""What all calls of /api/v1/ share."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request

from qc import permissions
from qc.api.v1 import idempotency, problems
from qc.api.v1.access import LimitedView
from qc.api.v1.params import check_params
from qc.models import Scope, User
from qc.web.users import user_of


class V1View(LimitedView):
    """A call for people with a role, and for service tokens with the scope of its method."""

    # The query parameters that each method takes; all others are refused.
    params: ClassVar[Mapping[str, Collection[str]]] = {}
    # Most calls only read, or steer: they say nothing about whether the caller is at work.
    shows_work = False
    # Whether a POST with a key is one transaction, which has the key, the effect and the answer.
    # Where what it calls has several of its own, it is False (`qc.api.v1.idempotency`).
    in_one_transaction = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let a POST with a key have its effect once."""
        super().__init_subclass__(**kwargs)
        if "post" in vars(cls):
            cls.post = idempotency.once(cls.post)  # type: ignore[attr-defined]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check that the caller may do this, and that the call takes what they sent."""
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        method = "GET" if request.method == "HEAD" else str(request.method)
        check_params(request, self.params.get(method, ()))

    @property
    def caller(self) -> User:
        """The account that makes this call: only accounts come so far."""
        return user_of(self.request)

    def get_exception_handler(self) -> Any:
        """Return what makes an answer of an error."""
        return problems.handle


class ManagersOnly(V1View):
    """A call of those who steer the work."""

    scopes: ClassVar = {"POST": Scope.WRITE_TASKS}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse anybody but managers before what they sent is looked at."""
        super().initial(request, *args, **kwargs)
        permissions.check_manager(self.caller)
