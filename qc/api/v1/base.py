"""What all calls of /api/v1/ share."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request

from qc.api.v1 import problems
from qc.api.v1.access import LimitedView


class V1View(LimitedView):
    """A call for people with a role, and for service tokens with the scope of its method."""

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
