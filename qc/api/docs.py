"""The schema of the API, and the page that shows it. For everybody with a role.

Machines read the schema too, with their service tokens.
"""

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from qc import permissions
from qc.api.schema import generator
from qc.api.service_tokens import ServiceTokenAuthentication
from qc.api.views import DeskView


class SchemaView(DeskView):
    """Answers with the schema, as JSON or (`?format=yaml`) as YAML."""

    authentication_classes = (ServiceTokenAuthentication, *DeskView.authentication_classes)
    renderer_classes = (JSONRenderer, OpenApiJsonRenderer, OpenApiYamlRenderer)
    # Whoever reads it says nothing about their work.
    shows_work = False

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Return the schema, the same for everybody and in each language."""
        return Response(generator.schema())


@require_safe
def page(request: HttpRequest) -> HttpResponseBase:
    """Show the schema by Swagger UI; whoever is not signed in signs in first."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.path, reverse("admin:login"))
    if not (permissions.may_work(request.user) or permissions.is_auditor(request.user)):
        raise PermissionDenied
    return render(request, "qc/api/docs.html")
