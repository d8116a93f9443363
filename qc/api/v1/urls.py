"""The addresses of /api/v1/, each with and without its trailing slash."""

from django.urls import URLPattern

# Each module has `urlpatterns` of its own.
urlpatterns: list[URLPattern] = []
