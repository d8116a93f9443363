"""The addresses of /api/v1/, each with and without its trailing slash."""

from django.urls import URLPattern

from qc.api.v1 import (
    accounts,
    check_plans,
    checks,
    control_charts,
    defects,
    events,
    imports,
    presence,
    queues,
    reports,
    tasks,
    trail,
    transitions,
)

# Each module has `urlpatterns` of its own.
urlpatterns: list[URLPattern] = [
    *events.urlpatterns,
    *tasks.urlpatterns,
    *transitions.urlpatterns,
    *presence.urlpatterns,
    *queues.urlpatterns,
    *accounts.urlpatterns,
    *check_plans.urlpatterns,
    *checks.urlpatterns,
    *defects.urlpatterns,
    *imports.urlpatterns,
    *reports.urlpatterns,
    *control_charts.urlpatterns,
    *trail.urlpatterns,
]
