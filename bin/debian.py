"""Installs Debian packages where that is possible: as root, with apt."""

from __future__ import annotations

import os
import shutil
import subprocess

# A new machine often updates itself meanwhile: apt waits for that, instead of giving up at once.
APT = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300")


def may_install() -> bool:
    """Return whether this user may install packages on this machine."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> bool:
    """Install packages without asking; return whether they are there afterwards."""
    if not may_install():
        return False
    print(f"Installing {' '.join(packages)} …", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    update = [*APT, "update"]
    add = [*APT, "install", "--yes", "--no-install-recommends", *packages]
    # An update that reaches only some of its sources may still be enough.
    subprocess.run(update, env=quiet, stdout=subprocess.DEVNULL, check=False)
    return subprocess.run(add, env=quiet, stdout=subprocess.DEVNULL, check=False).returncode == 0
