"""Import of tasks in two steps, upload with preview and confirmation.

The uploaded file waits for its confirmation in the session of who uploaded it: nobody else can
confirm it, it is imported once, and it goes when the session does.
"""

import base64
import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from import_export.admin import ImportMixin
from unfold.widgets import UnfoldAdminFileFieldWidget

from qc import permissions
from qc.admin.import_preview import parts
from qc.columns import COLUMNS, NEEDED
from qc.resources import ImportResult, import_tasks

MOST_BYTES = 10 * 1024 * 1024
UPLOAD = "qc_upload"


class UploadForm(forms.Form):
    """Asks for a CSV or XLSX file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xlsx,text/csv"}),
    )

    def clean_file(self) -> UploadedFile:
        """Refuses what is too large before it is read."""
        file: UploadedFile = self.cleaned_data["file"]
        size = file.size or 0
        if size > MOST_BYTES:
            message = _("The file has %(size)s; at most %(most)s are allowed.")
            sizes = {"size": filesizeformat(size), "most": filesizeformat(MOST_BYTES)}
            raise forms.ValidationError(message % sizes)
        return file


class TaskImport(ImportMixin):
    """Adds import, for managers, to the list of tasks."""

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Whether this user may import."""
        return permissions.is_manager(request.user)

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Asks for a file, and shows what importing it would do."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        # A file that is not confirmed is forgotten when its manager begins anew.
        request.session.pop(UPLOAD, None)
        form = UploadForm(request.POST or None, request.FILES or None)
        context = self._context(request) | {"form": form}
        if request.method == "POST" and form.is_valid():
            context |= self._preview(request, form.cleaned_data["file"])
        return render(request, "qc/imports/import.html", context)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Imports the file that was previewed, once."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        return require_POST(self._confirm)(request)

    def _preview(self, request: HttpRequest, file: UploadedFile) -> dict[str, Any]:
        data, name = file.read(), file.name or ""
        result = import_tasks(data, name, by=request.user, dry_run=True)  # type: ignore[arg-type]
        token = ""
        if result.new or result.changed:
            token = secrets.token_urlsafe(16)
            upload = {"token": token, "name": name, "data": base64.b64encode(data).decode()}
            request.session[UPLOAD] = upload
        return {"filename": name, "result": result, "parts": parts(result), "token": token}

    def _confirm(self, request: HttpRequest) -> HttpResponse:
        upload = request.session.get(UPLOAD, {})
        if not upload or request.POST.get("token") != upload["token"]:
            messages.warning(request, _("This file is imported already, or was replaced since."))
            return HttpResponseRedirect(reverse("admin:qc_task_import"))
        del request.session[UPLOAD]
        # Said at once, so that a second click finds nothing to import while the first one works.
        request.session.save()
        data = base64.b64decode(upload["data"])
        result = import_tasks(data, upload["name"], by=request.user)  # type: ignore[arg-type]
        if result.faults:
            context = self._context(request) | {"form": UploadForm(), "filename": upload["name"]}
            context |= {"result": result, "parts": parts(result), "token": ""}
            return render(request, "qc/imports/import.html", context)
        messages.success(request, _done(result))
        return HttpResponseRedirect(reverse("admin:qc_task_changelist"))

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        context = self.admin_site.each_context(request)
        return context | {
            "title": _("Import tasks"),
            "opts": self.model._meta,
            "needed": NEEDED,
            "optional": [name for name in COLUMNS if name not in NEEDED],
            "most_rows": settings.QC_IMPORT_ROWS,
        }


def _done(result: ImportResult) -> str:
    new = len(result.new)
    said = ngettext("%d task is new", "%d tasks are new", new) % new
    others = (len(result.changed), len(result.unchanged), len(result.left_alone))
    return said + _(", %d changed, %d unchanged, %d left alone.") % others
