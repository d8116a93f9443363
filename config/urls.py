"""The URLs of the project."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

handler404 = "qc.web.errors.not_found"
handler500 = "qc.web.errors.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("qc.api.urls")),
]
