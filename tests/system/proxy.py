"""The nginx of this machine with the configuration of deploy/nginx, in front of a test's site."""

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests import servers
from tests.system.site import ROOT
from tests.waiting import until

DEPLOY = ROOT / "deploy" / "nginx"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
needs_nginx = pytest.mark.skipif(
    not NGINX, reason="there is no nginx on this machine: apt-get install -y nginx"
)
# What Debian's own nginx.conf has around our files.
MAIN = """
user root;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 768; }}
http {{
    sendfile on;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    gzip on;
    client_body_temp_path {folder}/temp;
    proxy_temp_path {folder}/temp;
    include {folder}/conf.d/*.conf;
}}
"""


@dataclass
class Proxy:
    """An nginx with our configuration; only ports, folders and the certificate are the test's."""

    folder: Path
    behind: list[int]
    static: Path
    plain_port: int = field(default_factory=servers.free_port)
    port: int = field(default_factory=servers.free_port)
    appends: bool = False
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://{servers.HOST}:{self.port}"

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    def start(self) -> None:
        """Start it and wait for its first answer, whatever that is."""
        self.folder.mkdir(exist_ok=True)
        sign(self.folder)
        self.configure()
        command = [str(NGINX), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        self.process = subprocess.Popen([*command, "-g", "daemon off;"])
        until(self.answers)

    def stop(self) -> None:
        """End it, with what is under way."""
        if self.process:
            self.process.terminate()
            self.process.wait(30)

    def session(self) -> requests.Session:
        """Return a client that trusts our certificate and no other."""
        session = requests.Session()
        # Variables of the machine would go before what is said here.
        session.trust_env = False
        session.verify = str(self.certificate)
        return session

    def answers(self) -> bool:
        try:
            self.session().get(f"{self.url}/errors/", timeout=5)
        except requests.ConnectionError:
            return False
        return True

    def configure(self) -> None:
        """Write the configuration: our files with what is different on this machine."""
        (self.folder / "conf.d").mkdir(exist_ok=True)
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder))
        servers_behind = "".join(
            f"server {servers.HOST}:{port} max_fails=0;\n" for port in self.behind
        )
        self.copy("upstream.conf", {"server 127.0.0.1:8000 max_fails=0;": servers_behind})
        self.copy("qc-desk.conf", self.different())

    def different(self) -> dict[str, str]:
        """Return what stands for what in qc-desk.conf."""
        different = {
            "listen 80;": f"listen {servers.HOST}:{self.plain_port};",
            "listen 443 ": f"listen {servers.HOST}:{self.port} ",
            "/etc/ssl/qc-desk.pem": str(self.certificate),
            "/etc/ssl/qc-desk.key": str(self.folder / "key.pem"),
            "/var/log/nginx/access.log": str(self.folder / "access.log"),
            "/var/lib/qc-desk": str(self.static.parent),
            "/etc/nginx/qc-desk": str(DEPLOY),
        }
        # The other common way: a proxy in front of this one, or a careless operator.
        appended = {"X-Forwarded-For $remote_addr": "X-Forwarded-For $proxy_add_x_forwarded_for"}
        return different | (appended if self.appends else {})

    def copy(self, name: str, different: dict[str, str]) -> None:
        text = (DEPLOY / name).read_text()
        for ours, theirs in different.items():
            assert ours in text, f"{name} no longer has {ours}"
            text = text.replace(ours, theirs)
        (self.folder / "conf.d" / name).write_text(text)

    def reload(self) -> None:
        """Take over a changed configuration, as `systemctl reload nginx` does."""
        self.configure()
        command = [str(NGINX), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        subprocess.run([*command, "-s", "reload"], check=True)


def sign(folder: Path) -> None:
    """Make a certificate for this machine, signed by itself."""
    name = "subjectAltName=DNS:qc.example.com,IP:127.0.0.1"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=qc.example.com", "-addext", name]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True)
