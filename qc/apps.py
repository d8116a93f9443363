"""The application's set-up."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.auth.signals import user_logged_in


class QCConfig(AppConfig):
    """Quality control: tasks, the people who do them, and who gets what."""

    name = "qc"
    verbose_name = "QC Desk"

    def ready(self) -> None:
        """Connect signing in and out of the pages with who is there."""
        from qc.web import sign_ins

        # Signing in is one change of a person and so one history row: presence writes it.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        sign_ins.connect()


class PagesConfig(SimpleAdminConfig):
    """The pages: our own admin site with our own screens, and nothing that other parts bring."""

    default_site = "qc.admin.site.PagesSite"

    def ready(self) -> None:
        """Register the screens."""
        super().ready()
        import qc.admin.people.admin
        import qc.admin.people.lockouts
        import qc.admin.queues.admin
        import qc.admin.tasks.admin  # noqa: F401
