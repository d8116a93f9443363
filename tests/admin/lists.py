"""Uploading, confirming and exporting lists of people and queues, as their pages do."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qc.web.proofs import PROVEN_AT

CSV, XLSX = 0, 1


def prove(client: Client) -> None:
    """Let the session be one in which its person has just shown who they are."""
    session = client.session
    session[PROVEN_AT] = timezone.now().timestamp()
    session.save()


def upload(client: Client, model: str, content: bytes | str, kind: int = CSV) -> Any:
    """Upload a list; return the answer with its preview."""
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(["list.csv", "list.xlsx"][kind], data)
    sent = {"import_file": file, "format": str(kind), "resource": ""}
    return client.post(reverse(f"admin:qc_{model}_import"), sent)


def confirm(client: Client, model: str, preview: Any) -> Any:
    """Confirm a list that was previewed."""
    assert "confirm_form" in preview.context, refusals(preview)
    form = preview.context["confirm_form"]
    sent = {name: form[name].value() for name in form.fields}
    return client.post(reverse(f"admin:qc_{model}_process_import"), sent, follow=True)


def import_list(client: Client, model: str, content: bytes | str, kind: int = CSV) -> Any:
    """Upload a list and confirm its preview."""
    return confirm(client, model, upload(client, model, content, kind))


def export_list(client: Client, model: str, kind: int = CSV) -> bytes:
    """Return the exported list."""
    sent = {"format": str(kind), "resource": ""}
    answer = client.post(reverse(f"admin:qc_{model}_export"), sent)
    return b"".join(answer) if answer.streaming else answer.content


def errors_of(preview: Any) -> dict[tuple[int, str], str]:
    """Return the errors of a preview, by row and column."""
    assert "confirm_form" not in preview.context
    return {
        (row.number, column): " ".join(map(str, texts))
        for row in preview.context["result"].invalid_rows
        for column, texts in row.field_specific_errors.items()
    }


def refusals(preview: Any) -> list[str]:
    """Return in words why a file is refused."""
    result = preview.context.get("result")
    if result is None:
        return [str(preview.context["form"].errors)]
    rows = [str(error.error) for _row, some in result.row_errors() for error in some]
    return [*(str(one.error) for one in result.base_errors), *rows, *map(str, result.invalid_rows)]
