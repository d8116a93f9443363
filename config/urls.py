"""The URLs of the project."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

handler400 = "qc.web.errors.bad_request"
handler403 = "qc.web.refusals.not_allowed"
handler404 = "qc.web.errors.not_found"
handler500 = "qc.web.errors.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", include("qc.admin.sign_in.sso")),
    path("admin/", include("qc.admin.second_factor.urls")),
    path("admin/", admin.site.urls),
    path("", include("qc.api.urls")),
    # The name by which allauth knows the page of signing in, which answers above already.
    path("admin/login/", RedirectView.as_view(pattern_name="admin:login"), name="account_login"),
]
