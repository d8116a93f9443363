"""Files that are sent part by part."""

from qc.admin.shared import downloads


def test_proxy_is_told_to_pass_parts_on_as_they_come() -> None:
    response = downloads.streamed(iter([b"a"]), "tasks.csv", downloads.CSV)
    assert response.headers["X-Accel-Buffering"] == "no"
