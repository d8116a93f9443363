"""A listening socket that outlives the web behind it, as qc-desk-web@.socket keeps one."""

import socket
import subprocess
import sys
from dataclasses import dataclass, field

from tests import servers
from tests.system.site import PROCFILE, ROOT, Site

BACKLOG = 4096
# What systemd does before it starts a service: the sockets are number 3 and on, and two variables
# say whose they are.
PASS_ON = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execvp("sh", ["sh", "-c", sys.argv[2]])
"""


def listen() -> socket.socket:
    """Listen on a free port of this machine."""
    return socket.create_server((servers.HOST, servers.free_port()), backlog=BACKLOG)


@dataclass
class SocketUnit:
    """One instance of the web, and the socket that systemd would hold for it."""

    site: Site
    name: str
    held: socket.socket = field(default_factory=listen)

    @property
    def port(self) -> int:
        return int(self.held.getsockname()[1])

    def start(self) -> None:
        """Start the web on the socket; whoever calls meanwhile waits in it."""
        number = self.held.fileno()
        with self.site.log(self.name).open("ab") as log:
            self.site.processes[self.name] = subprocess.Popen(
                [sys.executable, "-c", PASS_ON, str(number), PROCFILE["web"]],
                cwd=ROOT,
                env=self.site.environment(),
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def restart(self) -> None:
        """Do what `systemctl restart` does: stop it, wait for its end, start it."""
        assert self.site.terminate(self.name) == 0
        self.start()

    def starts(self) -> int:
        """Return how often the web behind the socket has begun to work."""
        return self.site.printed_by(self.name).count("Booting worker")
