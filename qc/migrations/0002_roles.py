"""Makes the roles: a group for each, with what it may."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

SEE = {
    f"view_{prefix}{model}" for prefix in ("", "historical") for model in ("task", "queue", "user")
}
GRANTS = {
    "QC staff": {"work_task"},
    "Managers": SEE
    | {"work_task", "manage_task", "export_task", "add_task", "change_task"}
    | {"add_queue", "change_queue", "delete_queue", "add_user", "change_user"},
    "Auditors": SEE | {"export_task"},
}


def make_roles(apps, schema_editor):
    # Permissions are made only after all migrations; the roles need ours now.
    config = apps.get_app_config("qc")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    config.models_module = None
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for name, codenames in GRANTS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(
            Permission.objects.filter(content_type__app_label="qc", codename__in=codenames)
        )


class Migration(migrations.Migration):
    dependencies = [("qc", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
