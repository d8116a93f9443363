"""The addresses of /api/v1/, each with and without its trailing slash."""

from django.urls import URLPattern

from qc.api.v1 import events, tasks, transitions

# Each module has `urlpatterns` of its own.
urlpatterns: list[URLPattern] = [
    *events.urlpatterns,
    *tasks.urlpatterns,
    *transitions.urlpatterns,
]
