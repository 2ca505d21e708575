# SPDX-License-Identifier: Apache-2.0
"""What runs on the two ends of the path: an nginx origin and a sink beside the client, Adit's server and client, and two nginx stream hops
that carry the same requests over the path by the kernel's TCP. Ports are fixed: the namespaces are ours alone."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from netns import CLIENT, SERVER, Path  # noqa: E402
from support.process import Program, binary, private_environment  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ORIGIN, SINK = 3000, 3001
QUIC, HTTP = 4433, 8080
HOP, HOP_SINK = 7000, 7001  # on both sides
FALLBACK_MODULES = ("/usr/lib/nginx/modules/ngx_stream_module.so", "/usr/lib64/nginx/modules/ngx_stream_module.so")

COMMON = """
{modules} {user} daemon off; master_process off; worker_processes 1; pid {directory}/pid; error_log {directory}/error.log crit;
events {{ worker_connections 4096; }}
"""
ORIGIN_CONFIG = COMMON + """
http {{
  access_log off; sendfile on; tcp_nodelay on; keepalive_timeout 600s; keepalive_requests 1000000000; default_type application/octet-stream;
  client_body_temp_path {directory}/b; proxy_temp_path {directory}/p; fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u;
  scgi_temp_path {directory}/s;
  server {{ listen 127.0.0.1:{origin}; root {root}; }}
}}
"""
HOP_CONFIG = COMMON + """
stream {{
  tcp_nodelay on; proxy_timeout 600s; proxy_buffer_size 256k;
  server {{ listen {listen}:{hop}; proxy_pass {next}; }}
  server {{ listen {listen}:{hop_sink}; proxy_pass {next_sink}; }}
}}
"""


def stream_module():
    """The line that loads nginx's stream module; None where this nginx has none."""
    built = subprocess.run([nginx_program(), "-V"], capture_output=True, text=True, check=False).stderr.split()
    if "--with-stream" in built:
        return ""
    for path in FALLBACK_MODULES:
        if os.path.exists(path):
            return f"load_module {path};"
    return None


def nginx_program():
    return shutil.which("nginx") or "/usr/sbin/nginx"


class Stage:
    """Owns the path and all programs on it; close() ends them."""

    def __init__(self, directory, tools, impairments, adit_args=()):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.tools = pathlib.Path(tools)
        self.adit_args = list(adit_args)
        self.programs = []
        root = self.directory / "root"
        root.mkdir()
        (root / "small").write_bytes(b"s" * 512)
        with (root / "bulk").open("wb") as file:
            file.truncate(2 << 30)
        self.count = self.directory / "arrived"
        self.count.write_bytes(bytes(8))
        self.root = root
        self.path = Path(self.tools / "wan_link", **impairments)
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def program(self, namespace, argv, env=None, **more):
        program = Program(Path.inside(namespace, *argv), env or private_environment(self.directory / "home"), **more)
        self.programs.append(program)
        return program

    def _nginx(self, namespace, name, text, **values):
        directory = self.directory / name
        directory.mkdir()
        config = directory / "nginx.conf"
        config.write_text(text.format(directory=directory, user="user root root;", hop=HOP, hop_sink=HOP_SINK, origin=ORIGIN, **values))
        return self.program(namespace, [nginx_program(), "-p", directory, "-c", config, "-e", directory / "start.log"])

    def _start(self):
        path = self.path
        module = stream_module()
        self._nginx(path.client, "origin", ORIGIN_CONFIG, modules="", root=self.root)
        self.program(path.client, [sys.executable, "-u", HERE / "sink.py", SINK, self.count]).line("ready")
        self.has_tcp = module is not None
        if self.has_tcp:
            self._nginx(path.client, "far", HOP_CONFIG, modules=module, listen=CLIENT, next=f"127.0.0.1:{ORIGIN}", next_sink=f"127.0.0.1:{SINK}")
            self._nginx(path.server, "near", HOP_CONFIG, modules=module, listen="127.0.0.1", next=f"{CLIENT}:{HOP}", next_sink=f"{CLIENT}:{HOP_SINK}")
        self.link_file = self.directory / "join.link"
        self.start_server()
        env = private_environment(self.directory / "home-client")
        targets = {"bulk": ORIGIN, "sink": SINK, "other": ORIGIN, "third": ORIGIN}
        self.client = self.program(path.client, [self.tools / "wan_tunnels", self.link_file, self.directory / "client",
                                                 *(f"{name}={port}" for name, port in targets.items())], env, stdin="", keep_open=True)
        self.client.line("online", 30)

    def start_server(self):
        self.server = self.program(self.path.server, [
            binary("adit-server"), "--data-dir", self.directory / "server", "--quic-listen", f"{SERVER}:{QUIC}", "--http-listen",
            f"127.0.0.1:{HTTP}", "--public-host", SERVER, "--json", *self.adit_args],
            private_environment(self.directory / "home-server", ADIT_PRINT_JOIN="1"))
        ready = self.server.event(event="ready")
        if "join" in ready:
            self.link_file.touch(0o600)
            self.link_file.write_text(ready["join"] + "\n")

    def kill_server(self):
        """As a crash does. `ip netns exec` has become the program, so the process is the server itself."""
        os.kill(self.server.pid, signal.SIGKILL)
        self.server.process.wait()
        self.programs.remove(self.server)

    def start_second_client(self):
        env = private_environment(self.directory / "home-second")
        second = self.program(self.path.client, [self.tools / "wan_tunnels", self.link_file, self.directory / "second", f"rival={ORIGIN}"], env,
                              stdin="", keep_open=True)
        second.line("online", 30)
        return second

    def file(self, size):
        """The origin has a file of that many bytes, sparse, named by its size."""
        with (self.root / str(size)).open("wb") as file:
            file.truncate(size)

    @staticmethod
    def adit(name):
        return {"port": HTTP, "host": f"{name}.localhost", "path": "/bulk"}

    @staticmethod
    def tcp(sink=False):
        return {"port": HOP_SINK if sink else HOP, "host": "origin", "path": "/bulk"}

    def begin(self, **task):
        return subprocess.Popen(Path.inside(self.path.server, sys.executable, HERE / "measure.py", json.dumps(task)), stdout=subprocess.PIPE, text=True)

    @staticmethod
    def end(process):
        try:
            text, _ = process.communicate(timeout=200)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        return json.loads(text)

    def measure(self, **task):
        return self.end(self.begin(**task))

    def settle(self):
        """Until what an aborted transfer left in queues is gone, so that the next measurement begins on a quiet path."""
        deadline = time.monotonic() + 8
        before = self.path.counters()
        while time.monotonic() < deadline:
            time.sleep(0.4)
            now = self.path.counters()
            if all(now[side]["packets"] - before[side]["packets"] < 40 for side in ("a", "b")):
                return
            before = now

    def close(self):
        for program in reversed(self.programs):
            program.stop()
        self.programs.clear()
        self.path.close()
