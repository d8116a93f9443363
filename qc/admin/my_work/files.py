"""The files of the task on *My work*: one that comes from a phone is shown on the desktop too.

Only the lists of files are drawn anew then: what somebody is typing stays as it is.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from qc.admin.evidence.task_files import TaskFiles
from qc.models import Task, User

# The page sends the version of the lists that it shows.
SEEN = "files"


def of(task: Task | None, person: User) -> TaskFiles | None:
    """Return the files of the task that is shown in full."""
    return TaskFiles(task, person) if task else None


def news(request: HttpRequest, files: TaskFiles | None) -> HttpResponse | None:
    """Return the lists of files for a page that shows older ones; None where nothing is new."""
    params = request.POST if request.method == "POST" else request.GET
    if files is None or params.get(SEEN, files.version) == files.version:
        return None
    answer = render(request, "qc/evidence/news.html", {"files": files})
    # The panel stays; the lists are put into their places.
    answer.headers["HX-Reswap"] = "none"
    return answer
