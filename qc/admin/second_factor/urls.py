"""Addresses by the names that allauth knows. None of its other pages can be reached."""

from django.urls import path

from qc.admin.second_factor import code_page, pages, proof_page

urlpatterns = [
    path("sign-in/code/", code_page.page, name="mfa_authenticate"),
    path("prove/", proof_page.page, name="account_reauthenticate"),
    path("second-factor/", pages.index, name="mfa_index"),
    path("second-factor/app/", pages.add_app, name="mfa_activate_totp"),
    path("second-factor/key/", pages.add_key, name="mfa_add_webauthn"),
    path("second-factor/<int:pk>/", pages.edit, name="mfa_edit_webauthn"),
    path("second-factor/codes/", pages.recovery_codes, name="mfa_view_recovery_codes"),
]
