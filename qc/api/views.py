"""The four calls of people's clients. Each names its users; the rules are in the domain."""

from typing import Any

from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth import logout as end_session
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.utils.translation import gettext as _
from knox.auth import TokenAuthentication
from knox.models import get_token_model
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from qc import permissions
from qc.api import answers, people, serializers
from qc.api.schema import calls
from qc.api.serializers import validated
from qc.audit import second_factors
from qc.core.compiled_queries import Prepared
from qc.core.exceptions import NotAllowed
from qc.models import Task, User
from qc.web import proofs
from qc.web import second_factors as web_factors
from qc.web.users import user_of
from qc.work import actions, lifecycle, presence

PERSON = Prepared(lambda person: User.objects.filter(pk=person))


class DeskView(APIView):
    """A call for people with a role, signed in by a token or by their session in the browser."""

    permission_classes = (IsAuthenticated,)
    # Whether it takes a role to make this call.
    needs_role = True
    # Whether who makes it is at work: again, after "not responding" or a forced sign-out.
    shows_work = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check that the caller may do this, and record that they were seen."""
        super().initial(request, *args, **kwargs)
        if isinstance(request.user, User):
            presence.seen(request.user)
            if self.needs_role:
                permissions.check_role(request.user)
            if self.shows_work:
                actions.back_at_work(request.user)


class LoginView(APIView):
    """Signs in, and assigns tasks. For everybody with a role; failures are counted, throttled."""

    permission_classes = (AllowAny,)
    authentication_classes = ()

    @calls.login
    def post(self, request: Request) -> Response:
        """Return a token, its expiry, the person and their tasks."""
        if not settings.QC_PASSWORD_FORM:
            raise NotAllowed(_("Passwords are not used here."))
        credentials = validated(serializers.Credentials, request.data)
        code = credentials.pop("code", "")
        user = self._authenticate(request, **credentials)
        permissions.check_role(user)
        factor = self._second_factor(request._request, user, code)
        proofs.given(request._request, [proofs.PASSWORD, *factor])
        issued, token = get_token_model().objects.create(user=user)
        user_logged_in.send(sender=User, request=request._request, user=user, token=issued)
        me = _deliver_to(user)
        tasks = me.pop("tasks")
        return Response({"token": token, "expiry": issued.expiry, "user": me, "tasks": tasks})

    def get_authenticate_header(self, request: Request) -> str:
        """Return the header that makes a refused sign-in a 401."""
        return TokenAuthentication().authenticate_header(request)

    def _authenticate(self, request: Request, username: str, password: str) -> User:
        user = authenticate(request._request, username=username, password=password)
        _check_lock(request._request)
        if not isinstance(user, User):
            raise AuthenticationFailed(_("The name or the password is wrong."))
        return user

    def _second_factor(self, request: HttpRequest, user: User, code: str) -> list[str]:
        """Return which one the code is of, [] for somebody who has none and needs none."""
        if not second_factors.has_one(user):
            if permissions.must_have_second_factor(user):
                raise NotAllowed(str(web_factors.SET_ONE_UP))
            return []
        if not code:
            raise AuthenticationFailed(_("This account has a second factor: send a `code` of it."))
        factor = web_factors.accept_code(request, user, code)
        _check_lock(request)
        if not factor:
            raise AuthenticationFailed(_("The code is wrong, or was used already."))
        return [factor]


def _check_lock(request: HttpRequest) -> None:
    """Raise Throttled for a name or an address that failed too often."""
    if web_factors.is_locked_out(request):
        wait = get_cool_off(request)
        raise Throttled(wait.total_seconds() if wait else None)


class LogoutView(DeskView):
    """Signs out; the caller's tasks go back to their queues. For everybody signed in."""

    needs_role = shows_work = False

    @calls.logout
    def post(self, request: Request) -> Response:
        """End the token or the session of this call."""
        if request.auth is None:
            end_session(request._request)
        else:
            request.auth.delete()
            user_logged_out.send(
                sender=User, request=request._request, user=request.user, is_token=True
            )
        return Response({"message": _("You are signed out.")})


class PeoplePagination(PageNumberPagination):
    """A hundred people on a page."""

    page_size = 100


class DashboardView(DeskView):
    """Shows who is signed in, who is free and who has which tasks. For everybody signed in."""

    @calls.dashboard
    def get(self, request: Request) -> Response:
        """Return the caller with their tasks, the people who do QC, and how many tasks wait."""
        flags = validated(serializers.Flags, request.query_params)
        pages = PeoplePagination()
        page: Any = pages.paginate_queryset(
            people.doing_qc(**flags).order_by("username"), request, self
        )
        return Response(
            {
                "me": _deliver_to(request.user),
                "people": [answers.of_person(one, one.open_now) for one in page],
                "pending": Task.objects.waiting().order_by().count(),
                "count": pages.page.paginator.count if pages.page else 0,
                "next": pages.get_next_link(),
                "previous": pages.get_previous_link(),
            }
        )


class TaskCompleteView(DeskView):
    """Completes a task and assigns the next, or undoes that. For the person who holds it."""

    @calls.complete
    def post(self, request: Request, pk: int) -> Response:
        """Return the completed task, until when it can be undone, and the most urgent task now."""
        completion = validated(serializers.Completion, request.data)
        if scanned := completion.pop("scanned", ""):
            actions.scan_at_end(pk, scanned, by=user_of(request))
        done, following = actions.complete(pk, by=user_of(request), **completion, is_shown=True)
        return Response(
            {
                "completed": answers.of_task(done),
                "undo_until": lifecycle.undo_until(done),
                "next": answers.of_task(following) if following else None,
            }
        )

    @calls.undo
    def delete(self, request: Request, pk: int) -> Response:
        """Undo the completion; return the task, which is the caller's again."""
        task = actions.undo(pk, by=user_of(request))
        return Response({"task": answers.of_task(task)})


def _deliver_to(user: Any) -> dict[str, Any]:
    """Return a person with their tasks, which they now have in front of them."""
    actions.deliver(user)
    return answers.of_caller(PERSON.first(user.pk), actions.held_by(user))
