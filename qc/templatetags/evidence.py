"""Where the files of a task are shown."""

from django import template

from qc.admin.evidence.task_files import FilePlace, TaskFiles

register = template.Library()


@register.filter
def at_item(files: TaskFiles, key: str) -> FilePlace:
    """Return the place of an item among the files of a task."""
    return files.of_item(key)
