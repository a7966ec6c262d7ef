"""How gunicorn serves the panel, in development (`make run`) as in production."""

import gc
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger


class PathLogger(Logger):
    """Access log with the path as it was sent: no query string, where names and phone numbers may be."""

    def atoms(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> dict[str, Any]:
        path = environ["RAW_URI"].partition("?")[0]
        return {**super().atoms(resp, req, environ, request_time), "U": path}


wsgi_app = "app:create_app()"
bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = False  # connections and background threads do not survive a fork
timeout = 120  # the largest upload is checked within one request
graceful_timeout = 10
limit_request_line = 8190  # a filtered list keeps its state in the URL
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
control_socket_disable = True  # would be one socket in the home directory for all servers of a user
logger_class = PathLogger
accesslog = os.environ.get("ACCESS_LOG", "-") or None
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'


consumer: subprocess.Popen[bytes] | None = None  # of this server, with BACKGROUND=1


def when_ready(server: Any) -> None:
    """Start the consumer that sweeps and delivers each minute, if the server is to bring one along.

    It ends with the server, however that ends: by `on_exit`, or because its standard input does.
    """
    global consumer  # noqa: PLW0603  # the hooks of gunicorn share nothing else
    if os.environ.get("BACKGROUND") == "1":
        command = [sys.executable, "-m", "flask", "--app", "app", "work", "--until-input-ends"]
        # In a session of its own: Ctrl-C reaches the server first, which then lets it finish what it has in hand.
        consumer = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603


def on_exit(server: Any) -> None:
    """Let the consumer finish, and wait no longer for it than for a request."""
    if consumer is None or consumer.stdin is None:
        return
    consumer.stdin.close()
    try:
        consumer.wait(graceful_timeout)
    except subprocess.TimeoutExpired:
        consumer.kill()


def post_worker_init(worker: Any) -> None:
    """What is loaded by now stays: the garbage collector need not walk through it with every hundredth request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
