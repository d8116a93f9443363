"""Set-up of the application and of its admin."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.auth.signals import user_logged_in


class QCConfig(AppConfig):
    """Quality control: tasks, the people who do them, and who gets what."""

    name = "qc"
    verbose_name = "QC Desk"

    def ready(self) -> None:
        """Connect Django's sign-in signals with people's presence."""
        from qc.core import (  # noqa: F401 - registered
            database_checks,
            deployment_checks,
            storage_checks,
        )
        from qc.web import sign_ins

        # A sign-in is one history row, which presence writes together with `last_login`.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        sign_ins.connect()


class PagesConfig(SimpleAdminConfig):
    """The pages: our own admin site, with our own screens only."""

    default_site = "qc.admin.site.PagesSite"

    def ready(self) -> None:
        """Register the screens."""
        super().ready()
        import qc.admin.alerts.admin
        import qc.admin.check_plans.admin
        import qc.admin.defect_codes.admin
        import qc.admin.people.admin
        import qc.admin.people.lockouts
        import qc.admin.queues.admin
        import qc.admin.service_tokens.admin
        import qc.admin.tasks.admin
        import qc.admin.webhooks.admin  # noqa: F401
