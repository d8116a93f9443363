"""How gunicorn is set: config/gunicorn.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUNICORN = Path(sys.executable).parent / "gunicorn"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PORT", "99999", "from 1 to 65535"),
        ("QC_WEB_PROCESSES", "0", "from 1 to 64"),
        ("QC_WEB_THREADS", "many", "from 2 to 64"),
        ("QC_WORKER_THREADS", "many", "from 1 to 64"),
    ],
)
def test_bad_value_is_refused_by_name(tmp_path: Path, name: str, value: str, allowed: str) -> None:
    done = subprocess.run(
        [GUNICORN, "--check-config", "--config", "config/gunicorn.py", "config.wsgi"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "QC_VAR_DIR": str(tmp_path), name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert f"{name}={value!r} is not allowed: it must be a whole number {allowed}" in done.stderr
