"""Makes the virtual environment and installs a requirements file; quick when that was done before.

Usage: python3.11 bin/setup.py VENV REQUIREMENTS

Runs with nothing but Python's own library. The driver for MariaDB and MySQL is compiled here:
where its headers are missing they are installed, if that is possible; otherwise everything else
is installed, and QC Desk runs on SQLite.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import debian

ROOT = Path(__file__).resolve().parent.parent
DRIVER = "mysqlclient"
HEADERS = ("gcc", "pkg-config", "libmariadb-dev", "python3-dev")
CLIENT_LIBRARIES = ("mysqlclient", "mariadb", "libmariadb", "perconaserverclient")

WITHOUT_DRIVER = f"""
  The driver for MariaDB and MySQL ({DRIVER}) is not installed: it is compiled here, and
  the headers for that are missing. QC Desk runs on SQLite without it. To have it:
      apt-get install -y {" ".join(HEADERS)}
  and then the same command again.
"""


def main() -> None:
    """Set up the environment that the command line names."""
    if sys.version_info < (3, 11):  # noqa: UP036 (whoever comes with an older one is told)
        found = ".".join(str(number) for number in sys.version_info[:3])
        sys.exit(
            f"QC Desk needs Python 3.11 or newer, and this is {found}. "
            "Name another one: make run PYTHON=/path/to/python3.11"
        )
    venv, requirements = Path(sys.argv[1]), ROOT / sys.argv[2]
    if not is_up_to_date(venv, requirements):
        make_environment(venv)
        install(venv, requirements)
        stamp(venv, requirements).write_text(digest(requirements))
    add_driver(venv, requirements)


def stamp(venv: Path, requirements: Path) -> Path:
    """Return the file that has the digest of the installed requirements."""
    return venv / f".{requirements.stem}.installed"


def digest(requirements: Path) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def is_up_to_date(venv: Path, requirements: Path) -> bool:
    """Return whether exactly these requirements were installed before."""
    file = stamp(venv, requirements)
    return file.exists() and file.read_text() == digest(requirements)


def make_environment(venv: Path) -> None:
    """Make the virtual environment with pip, unless it exists."""
    if (venv / "bin" / "pip").exists():
        return
    print(f"Making the virtual environment {venv} …", flush=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if importlib.util.find_spec("ensurepip") is None:
        # On Debian this part of Python is a package of its own.
        debian.install(f"python{version}-venv")
    made = subprocess.run([sys.executable, "-m", "venv", str(venv)], check=False)
    if made.returncode:
        sys.exit(
            f"Python's venv module does not work here. Install it, on Debian with\n"
            f"    apt-get install -y python{version}-venv\n"
            f"and then run the same command again."
        )


def install(venv: Path, requirements: Path) -> None:
    """Install the requirements except the driver, which may fail."""
    print(f"Installing {requirements.name} …", flush=True)
    lines = [line for line in requirements.read_text().splitlines() if not is_driver(line)]
    pinned = venv / f".{requirements.name}"
    pinned.write_text("\n".join(lines))
    if pip(venv, "-r", str(pinned)):
        sys.exit("The packages could not be installed: see pip's message above.")


def add_driver(venv: Path, requirements: Path) -> None:
    """Install the database driver if it can be compiled; else print how to get it."""
    if is_importable(venv):
        return
    if not has_headers():
        debian.install(*HEADERS)
    if has_headers():
        print(f"Compiling {DRIVER} …", flush=True)
        pip(venv, *filter(is_driver, requirements.read_text().splitlines()))
    if not is_importable(venv):
        print(WITHOUT_DRIVER, flush=True)


def is_driver(line: str) -> bool:
    """Return whether a line of the requirements is the database driver."""
    return line.startswith(f"{DRIVER}==")


def is_importable(venv: Path) -> bool:
    """Return whether the driver can be imported; it needs a library of the system."""
    test = [str(venv / "bin" / "python"), "-c", "import MySQLdb"]
    return subprocess.run(test, stderr=subprocess.DEVNULL, check=False).returncode == 0


def has_headers() -> bool:
    """Return whether the driver can be compiled here."""
    python_header = Path(sysconfig.get_path("include"), "Python.h")
    tools = shutil.which("gcc") and shutil.which("pkg-config")
    return bool(tools) and python_header.exists() and any(map(is_library, CLIENT_LIBRARIES))


def is_library(name: str) -> bool:
    """Return whether pkg-config knows this library."""
    return subprocess.run(["pkg-config", "--exists", name], check=False).returncode == 0


def pip(venv: Path, *arguments: str) -> int:
    """Run pip's install in the virtual environment; return its exit code."""
    command = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    return subprocess.run(
        [*command, "--disable-pip-version-check", *arguments], check=False
    ).returncode


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped. The same command goes on from here.")
