"""How gunicorn serves QC Desk: `gunicorn --config config/gunicorn.py config.wsgi`.

Like all settings it is read from the environment; docs/deploy.md lists the variables. When
systemd passes a socket, gunicorn listens on that one and not on `bind`.
"""

from pathlib import Path

from config import environment

HOST = environment.env.str("WEB_HOST", "127.0.0.1")
PORT = environment.whole_number("PORT", default=8000, least=1, most=65_535)

bind = f"{HOST}:{PORT}"
workers = environment.whole_number("QC_WEB_PROCESSES", default=2, least=1, most=64)
# Read once, and shared: a process that takes the place of another answers at once, with the code of
# those beside it, even where files on the disk are newer.
preload_app = True
worker_class = "config.gunicorn_worker.Worker"
threads = environment.whole_number("QC_WEB_THREADS", default=8, least=2, most=64)
# Whatever leaks is let go now and then, and not by all processes at the same time.
max_requests = 20_000
max_requests_jitter = 2_000
# Who stops waits so long for what is under way; meanwhile new requests wait in the socket.
graceful_timeout = 30
# Signs of life go to memory: a disk that is slow or full must not end a process.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
logger_class = "config.gunicorn_logs.Logger"
# Nobody asks it anything; everybody on this machine could.
control_socket_disable = True
