"""The addresses of the API, each with and without its trailing slash."""

from django.urls import include, path, re_path

from qc.api import docs, evidence, imports, views

urlpatterns = [
    re_path(r"^login/?$", views.LoginView.as_view(), name="api_login"),
    re_path(r"^logout/?$", views.LogoutView.as_view(), name="api_logout"),
    # Existing clients spell it "dashbord".
    re_path(r"^dashbo(?:a)?rd/?$", views.DashboardView.as_view(), name="api_dashboard"),
    re_path(
        r"^taskcomplete/(?P<pk>[0-9]{1,30})/?$",
        views.TaskCompleteView.as_view(),
        name="api_taskcomplete",
    ),
    re_path(
        r"^api/tasks/(?P<pk>[0-9]{1,18})/files/?$",
        evidence.TaskFilesView.as_view(),
        name="api_task_files",
    ),
    re_path(
        r"^api/tasks/(?P<pk>[0-9]{1,18})/defect-codes/?$",
        evidence.DefectCodesView.as_view(),
        name="api_defect_codes",
    ),
    re_path(r"^api/files/(?P<pk>[0-9]{1,18})/?$", evidence.FileView.as_view(), name="api_file"),
    re_path(
        r"^api/pictures/(?P<digest>[0-9a-f]{64})/?$",
        evidence.PictureView.as_view(),
        name="api_picture",
    ),
    re_path(r"^api/schema/?$", docs.SchemaView.as_view(), name="api_schema"),
    re_path(r"^api/docs/?$", docs.page, name="docs"),
    path("api/v1/", include("qc.api.v1.urls")),
    re_path(r"^api/imports/?$", imports.ImportsView.as_view(), name="api_imports"),
    re_path(
        r"^api/imports/(?P<pk>[0-9]{1,18})/?$", imports.ImportView.as_view(), name="api_import"
    ),
]
