"""What all calls of /api/v1/ share."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request

from qc.api.v1 import problems
from qc.api.views import DeskView
from qc.models import Scope


class V1View(DeskView):
    """A call for people with a role, and for service tokens with the scope of its method."""

    # The scope that a service token needs, by method: a call without any is for people alone.
    scopes: ClassVar[Mapping[str, Scope]] = {}
    # Most calls only read, or steer: they say nothing about whether the caller is at work.
    shows_work = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check that the caller may do this."""
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))

    def get_exception_handler(self) -> Any:
        """Return what makes an answer of an error."""
        return problems.handle
