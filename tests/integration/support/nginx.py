# SPDX-License-Identifier: Apache-2.0
"""nginx as people put it behind and in front of Adit: one process in the foreground, with its files in a directory of the test."""

import pathlib
import shutil
import socket
import time

from .process import Program, seconds

MAIN = """
daemon off;
master_process off;
pid {root}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {root}/body;
  proxy_temp_path {root}/proxy;
  fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi;
  scgi_temp_path {root}/scgi;
  default_type text/html;
{http}
}}
"""


class Nginx:
    """`http` is what goes inside http{}; {root} in it is the server's directory, {port} its port on 127.0.0.1."""

    def __init__(self, case, http, **values):
        self.root = pathlib.Path(case.directory("nginx"))
        # Its number is free a moment ago: nginx itself takes no port 0.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = self.root / "nginx.conf"
        for name, value in {"root": self.root, "port": self.port, **values}.items():
            http = http.replace("{" + name + "}", str(value))
        config.write_text(MAIN.format(root=self.root, http=http))
        binary = shutil.which("nginx") or "/usr/sbin/nginx"
        self.program = case.owns(Program([binary, "-p", self.root, "-c", config, "-e", "stderr"], case.environment()))
        self._wait()

    def _wait(self):
        deadline = time.monotonic() + seconds(10)
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.program.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError("nginx does not listen\n" + self.program.text())
