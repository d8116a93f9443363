"""Settings from environment variables, and how bad values are refused."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEY = "k3y-" * 15 + "of-no-use-anywhere-else"
PRODUCTION = {
    "DATABASE_URL": "mysql://qc:secret@db.example.com:3306/qc",
    "REDIS_URL": "redis://cache.example.com:6379/0",
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "qc.example.com",
    "QC_BEHIND_PROXY": "on",
    "QC_SEAL_URL": "https://seals.example.com/",
    "QC_SECOND_FACTOR": "managers",
}


def manage(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in an environment that holds these variables only."""
    bare = {"PATH": os.environ["PATH"], "QC_VAR_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        env=bare | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("DATABASE_URL", "postgres://u:secret@h/d", "mysql://user:password@host"),
        ("DATABASE_URL", "mysql://u:secret@h:3306/", "mysql://user:password@host"),
        ("REDIS_URL", "localhost:6379", "redis://host:6379/0"),
        ("REDIS_URL", "redis://u:secret@h/0;redis://h2/0", "sentinel://host1:26379;sentinel://"),
        ("REDIS_URL", "sentinel://h1:26379;h2:26379", "sentinel://host1:26379;sentinel://"),
        ("REDIS_MASTER", "mymaster", "an address of Sentinels only"),
        ("DEBUG", "maybe", "on, off"),
        ("QC_HTTPS", "perhaps", "on, off"),
        ("QC_BEHIND_PROXY", "10", "off, on, or their number up to 9"),
        ("QC_SWEEP_SECONDS", "0", "from 1 to 3600"),
        ("QC_SWEEP_SECONDS", "five", "from 1 to 3600"),
        ("QC_UNSEEN_MINUTES", "-3", "from 0.1 to 1440"),
        ("QC_START_MINUTES", "1,5", "from 0.1 to 1440"),
        ("QC_TOKEN_HOURS", "99999", "from 1 to 8760"),
        ("QC_API_PER_MINUTE", "0", "from 1 to 1000000"),
        ("QC_SESSION_HOURS", "0", "from 1 to 720"),
        ("QC_IDLE_MINUTES", "1", "from 2 to 43200"),
        ("QC_SECOND_FACTOR", "some", "all, managers, off"),
        ("QC_IMPORT_ROWS", "0", "from 1 to 100000"),
        ("QC_SEAL_URL", "ftp://u:secret@h/", "https://host/path"),
        ("QC_ALERT_NETWORKS", "10.0.0.0/99", "a network such as 10.0.0.0/8"),
        ("QC_SITE_URL", "qc.example.com", "https://host/path"),
        ("EMAIL_URL", "mail.example.com", "smtp+tls://user:password@host:587"),
        ("EMAIL_URL", "imap://u:secret@h/", "smtp+tls://user:password@host:587"),
        ("LOG_LEVEL", "LOUD", "DEBUG, ERROR, INFO, WARNING"),
        ("TIME_ZONE", "Mars/Base", "Europe/Berlin"),
        ("LANGUAGE_CODE", "tlh", "de, en"),
        ("SECRET_KEY", "short", "at least 50"),
        ("SECRET_KEY_FALLBACKS", f"{KEY},short", "at least 50"),
        ("REDIS_URL", "redis://:secret@h:six/0", "redis://host:6379/0"),
        ("QC_SITE_URL", "https://", "https://host/path"),
        ("QC_SEAL_URL", "https://u:secret@h:port/", "https://host/path"),
        ("CSRF_TRUSTED_ORIGINS", "qc.example.com", "https://host"),
        ("EMAIL_FROM", "QC Desk", "an address such as qc-desk@example.com"),
        ("QC_EVIDENCE_SCAN", "scan 'it", "a command whose quotes are closed"),
        ("QC_VAR_DIR", "/dev/null/var", "a folder"),
    ],
)
def test_bad_value_is_refused_with_variable_and_allowed_values(
    tmp_path: Path, name: str, value: str, allowed: str
) -> None:
    answer = manage(tmp_path, "check", **{"SECRET_KEY": KEY} | {name: value})
    assert answer.returncode != 0
    last = answer.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last
    assert name in last
    assert allowed in last
    assert "secret" not in answer.stderr.replace("secret_key", "")


@pytest.mark.parametrize(("master", "code"), [("mymaster", 0), ("", 1), ("my master", 1)])
def test_sentinels_need_the_name_of_their_master(tmp_path: Path, master: str, code: int) -> None:
    addresses = "sentinel://:secret@h1:26379;sentinel://:secret@h2:26379/0"
    variables = {"SECRET_KEY": KEY, "REDIS_URL": addresses, "REDIS_MASTER": master}
    answer = manage(tmp_path, "check", **variables)
    assert answer.returncode == code
    assert ("REDIS_MASTER=" in answer.stderr) == bool(code)


def test_limits_may_be_parts_of_a_minute(tmp_path: Path) -> None:
    limits = {"QC_UNSEEN_MINUTES": "0.2", "QC_START_MINUTES": "0.15"}
    asked = "from django.conf import settings; print(settings.QC_UNSEEN_MINUTES)"
    answer = manage(tmp_path, "shell", "-v0", "-c", asked, **{"SECRET_KEY": KEY} | limits)
    assert answer.stdout.strip() == "0.2", answer.stderr


def test_production_requires_a_secret_key(tmp_path: Path) -> None:
    without = {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"}
    answer = manage(tmp_path, "check", **without)
    assert answer.returncode != 0
    assert "SECRET_KEY is not set" in answer.stderr


def test_production_settings_pass_the_deployment_check(tmp_path: Path) -> None:
    answer = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert answer.returncode == 0, answer.stderr
    assert "WARNINGS" not in answer.stderr
    # What a proxy must leave alone is told, though nothing is wrong.
    assert "qc.I001" in answer.stderr
    without = manage(tmp_path, "check", "--deploy", **PRODUCTION | {"QC_BEHIND_PROXY": "off"})
    assert "no issues (0 silenced)" in without.stdout


def test_deployment_check_warns_without_a_copy_of_the_seals(tmp_path: Path) -> None:
    without = PRODUCTION | {"QC_SEAL_URL": ""}
    answer = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **without)
    assert answer.returncode == 1
    assert "qc.W002" in answer.stderr
    kept = manage(tmp_path, "check", "--deploy", **without | {"QC_SEAL_FILE": "/srv/seals.jsonl"})
    assert "qc.W002" not in kept.stderr


def test_deployment_check_says_where_a_password_is_enough(tmp_path: Path) -> None:
    answer = manage(tmp_path, "check", "--deploy", **PRODUCTION | {"QC_SECOND_FACTOR": "off"})
    assert answer.returncode == 0
    assert "qc.I002" in answer.stderr


def test_cookies_of_production_are_taken_through_https_from_this_host_only(tmp_path: Path) -> None:
    asked = (
        "from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.QC_TERMINAL_COOKIE)"
    )
    show = ("shell", "-v0", "-c", asked)
    answer = manage(tmp_path, *show, **PRODUCTION)
    assert answer.stdout.split() == ["__Host-sessionid", "__Host-csrftoken", "__Host-qc_terminal"]
    without = manage(tmp_path, *show, **PRODUCTION | {"QC_HTTPS": "off"})
    assert without.stdout.split() == ["sessionid", "csrftoken", "qc_terminal"]


def test_embedded_default_creates_one_secret_key(tmp_path: Path) -> None:
    show = (
        "shell",
        "-v",
        "0",
        "-c",
        "from django.conf import settings; print(settings.SECRET_KEY)",
    )
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: manage(tmp_path, *show), range(4)))
    keys = {answer.stdout.strip() for answer in answers}
    assert len(keys) == 1, answers
    assert len(keys.pop()) >= 50
    file = tmp_path / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("secret_key.*"))
