"""TLS to MariaDB: a server whose certificate a private CA has signed, and one that it has not."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.databases import database
from tests import servers
from tests.databases import needs_mariadb

pytestmark = needs_mariadb


def openssl(folder: Path, *arguments: str) -> None:
    command = ["openssl", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def make_authority(folder: Path, name: str) -> Path:
    """Make a certificate authority; return its certificate."""
    openssl(
        folder,
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"),
        *("-keyout", f"{name}.key", "-out", f"{name}.pem"),
    )
    return folder / f"{name}.pem"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two authorities, and a server's certificate that the first has signed."""
    folder = tmp_path_factory.mktemp("tls")
    make_authority(folder, "ours")
    make_authority(folder, "theirs")
    subject = ("-subj", f"/CN={servers.HOST}", "-addext", f"subjectAltName=IP:{servers.HOST}")
    new = ("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr")
    openssl(folder, *new, *subject)
    signed = ("-CA", "ours.pem", "-CAkey", "ours.key", "-CAcreateserial")
    openssl(
        folder,
        *("x509", "-req", "-in", "server.csr", "-days", "2", "-copy_extensions", "copy"),
        *(*signed, "-out", "server.pem"),
    )
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[servers.Server]:
    for file in folder.iterdir():
        file.chmod(0o644)
    with servers.private_mariadb(
        f"--ssl-ca={folder}/ours.pem",
        f"--ssl-cert={folder}/server.pem",
        f"--ssl-key={folder}/server.key",
    ) as server:
        yield server


def cipher(monkeypatch: pytest.MonkeyPatch, server: servers.Server, query: str) -> str:
    """Connect as QC Desk does; return the cipher of the connection, "" where it is plain."""
    import MySQLdb

    url = f"mysql://root:@{servers.HOST}:{server.port}/mysql?{query}"
    monkeypatch.setenv("DATABASE_URL", url)
    found = database("DATABASE_URL", default_file=Path("x"), seconds=30)
    options: dict[str, Any] = found["OPTIONS"] | {"host": servers.HOST, "user": "root"}
    del options["isolation_level"]
    connection = MySQLdb.connect(**options, port=server.port)
    cursor = connection.cursor()
    cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
    answer = str(cursor.fetchone()[1])
    connection.close()
    return answer


@pytest.mark.parametrize("mode", ["VERIFY_CA", "VERIFY_IDENTITY"])
def test_server_of_our_authority_is_trusted(
    monkeypatch: pytest.MonkeyPatch, server: servers.Server, folder: Path, mode: str
) -> None:
    assert cipher(monkeypatch, server, f"ssl_mode={mode}&ssl_ca={folder}/ours.pem")


def test_server_of_another_authority_is_refused(
    monkeypatch: pytest.MonkeyPatch, server: servers.Server, folder: Path
) -> None:
    import MySQLdb

    with pytest.raises(MySQLdb.OperationalError, match=r"(?i)ssl|tls|certificate"):
        cipher(monkeypatch, server, f"ssl_mode=VERIFY_CA&ssl_ca={folder}/theirs.pem")


def test_required_encrypts_and_disabled_does_not(
    monkeypatch: pytest.MonkeyPatch, server: servers.Server
) -> None:
    assert cipher(monkeypatch, server, "ssl_mode=REQUIRED")
    assert cipher(monkeypatch, server, "ssl_mode=DISABLED") == ""
