# SPDX-License-Identifier: Apache-2.0
"""What the benchmark runs: nginx as origin, two plaintext nginx hops, one nghttpx hop, Adit's server and client, a sink for uploads. Every
process is a child of ours, listens on an unprivileged port of loopback and is ended by its own id."""

import base64
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from support.process import Program, binary, parse_address, private_environment  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
HOST = "bench.t.example.com"
MESSAGE = b"\0" + (32).to_bytes(4, "big") + b"m" * 32  # of a gRPC call

COMMON = """
{user} daemon off; master_process off; worker_processes 1; pid {directory}/pid; error_log {directory}/error.log warn;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nodelay on; keepalive_timeout 600s; keepalive_requests 1000000000; server_tokens off;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/f;
  uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s; client_max_body_size 0;
  open_file_cache max=100 inactive=600s;
"""
ORIGIN = COMMON + """
  server {{ listen 127.0.0.1:{port} backlog=4096 reuseport; root {root}; default_type application/octet-stream; }}
}}
"""
# Tuned as a fair peer: connections kept to the next hop, no spooling to disk, bodies passed on as they come.
HOP = COMMON + """
  upstream next {{ server 127.0.0.1:{next}; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 600s; }}
  upstream sink {{ server 127.0.0.1:{sink}; keepalive 16; }}
  upstream echo {{ server 127.0.0.1:{echo}; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096 reuseport; listen 127.0.0.1:{tls} ssl backlog=4096;
    ssl_certificate {certificate}.crt; ssl_certificate_key {certificate}.key; ssl_protocols TLSv1.2 TLSv1.3;
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_request_buffering off;
    proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $host; proxy_set_header X-Forwarded-Proto $scheme;
    proxy_max_temp_file_size 0; proxy_buffers 16 64k; proxy_buffer_size 64k; proxy_busy_buffers_size 256k;
    location / {{ proxy_pass http://next; }}
    location /upload {{ proxy_pass http://{upload}; }}
    location /socket {{ proxy_pass http://{socket}; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_set_header Host $host; }}
  }}
}}
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def answers(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"nothing answers on port {port}")


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def status_kib(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


class Stage:
    """Owns all children and the scratch directory."""

    def __init__(self, directory, bulk_bytes):
        self.directory = pathlib.Path(directory)
        self.programs = []
        self.nghttpx = None
        root = self.directory / "root"
        root.mkdir()
        (root / "small").write_bytes(b"s" * 512)
        (root / "megabyte").write_bytes(os.urandom(1 << 20))
        with (root / "bulk").open("wb") as file:
            file.truncate(bulk_bytes)  # sparse: served from the page cache after the first read
        self.bulk_file = root / "bulk"
        self.message = self.directory / "message"
        self.message.write_bytes(MESSAGE)
        self.root = root
        self.certificate = self.directory / "bench"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=bench", "-addext", "subjectAltName=DNS:*.t.example.com", "-out", f"{self.certificate}.crt",
                        "-keyout", f"{self.certificate}.key"], check=True, capture_output=True)
        os.chmod(f"{self.certificate}.key", 0o600)

    def program(self, argv, env=None):
        program = Program(argv, env or private_environment(self.directory / "home"))
        self.programs.append(program)
        return program

    def _nginx(self, name, text, **values):
        directory = self.directory / name
        directory.mkdir()
        user = "user root root;" if os.geteuid() == 0 else ""  # of a namespace perhaps, which has no other
        port, tls = free_port(), free_port()
        config = directory / "nginx.conf"
        config.write_text(text.format(user=user, directory=directory, port=port, tls=tls, certificate=self.certificate, **values))
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        program = self.program([nginx, "-p", directory, "-c", config, "-e", directory / "start.log"])
        answers(port)
        program.port, program.tls = port, tls
        return program

    def start_origins(self):
        self.origin = self._nginx("origin", ORIGIN, root=self.root)
        self.sink = self.program([sys.executable, "-u", __file__, "sink"])
        self.sink.port = int(self.sink.line("port ").split()[1])

    def start_peers(self):
        self.start_origins()
        self.echo = self.program([sys.executable, "-u", __file__, "echo"])
        self.echo.port = int(self.echo.line("port ").split()[1])
        ports = {"sink": self.sink.port, "echo": self.echo.port}
        self.far = self._nginx("hop2", HOP, next=self.origin.port, upload="sink", socket="echo", **ports)
        self.near = self._nginx("hop1", HOP, next=self.far.port, upload="next", socket="next", **ports)

        self.calls = self.program([self.tool("grpc_origin", "-lnghttp2")])
        self.calls.port = int(self.calls.line("port ").split()[1])
        if shutil.which("nghttpx"):
            self.nghttpx = self.start_nghttpx(f"127.0.0.1,{self.origin.port}")
            self.nghttpx_calls = self.start_nghttpx(f"127.0.0.1,{self.calls.port};;proto=h2")

    def start_nghttpx(self, backend, *arguments):
        port = free_port()
        program = self.program(["nghttpx", "--conf=/dev/null", "--single-process", f"--frontend=127.0.0.1,{port};no-tls", "--workers=1",
                                f"--backend={backend}", *arguments, "--accesslog-file=/dev/null", f"--errorlog-file={self.directory}/nghttpx.log"])
        answers(port)
        program.port = port
        return program

    def tool(self, name, *libraries):
        """A program of this folder, compiled."""
        path = self.directory / name
        if not path.exists():
            subprocess.run([os.environ.get("CXX", "c++"), "-std=c++20", "-O2", "-o", path, HERE / f"{name}.cpp", *libraries], check=True)
        return path

    def calls_answered(self):
        """How many gRPC calls the origin has answered well."""
        return int(subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", "20", "--http2-prior-knowledge", f"http://127.0.0.1:{self.calls.port}/"],
                                  capture_output=True, text=True, check=True).stdout)

    def adit_server(self, name, arguments, quic="127.0.0.1:0"):
        argv = [binary("adit-server"), "--data-dir", self.directory / f"{name}-server", "--quic-listen", quic,
                "--http-listen", "127.0.0.1:0", "--https-listen", "127.0.0.1:0", "--cert", f"{self.certificate}.crt",
                "--key", f"{self.certificate}.key", "--domain", "t.example.com", "--json", "--print-join", *arguments]
        server = self.program(argv)
        ready = server.event(event="ready")
        server.port, server.tls = parse_address(ready["http"]).port, parse_address(ready["https"]).port
        server.quic = ready["quic"]
        server.link = self.directory / f"{name}.link"
        server.link.touch(0o600)
        server.link.write_text(ready["join"] + "\n")
        return server

    def adit_client(self, server, name, port, arguments, wait=True):
        home = self.directory / f"home-{name}-{len(self.programs)}"
        client = self.program([binary("adit"), "http", str(port), "--name", name, "--join-file", server.link, "--json", *arguments],
                              private_environment(home))
        if wait:
            client.event(event="tunnel", state="online")
        return client

    def stop(self, programs=None):
        for program in reversed(programs or self.programs):
            program.stop()
            if program in self.programs:
                self.programs.remove(program)


WEB_SOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def serve_forever(serve):
    """Says its port, and gives every connection to `serve` in a process of its own."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print("port", listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            serve(connection)
            os._exit(0)
        connection.close()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


def echo(connection):
    """A WebSocket origin for one message at a time: what arrives goes back as it is, mask and all; the visitor knows."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = b""
    while b"\r\n\r\n" not in head and (piece := connection.recv(65536)):
        head += piece
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    key = next((line[19:].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key: ")), b"")
    accept = base64.b64encode(hashlib.sha1(key + WEB_SOCKET_GUID).digest())
    if fields.get(b"upgrade") == b"websocket":
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                           accept + b"\r\n\r\n")
        while piece := connection.recv(65536):
            connection.sendall(piece)


def sink(connection):
    """Takes uploads and answers each with its size: Python is quick enough when it only receives into one buffer."""
    buffer = bytearray(1 << 20)
    rest = b""
    while True:
        while b"\r\n\r\n" not in rest:
            piece = connection.recv(65536)
            if not piece:
                return
            rest += piece
        head, _, rest = rest.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
        size = int(fields[b"content-length"])
        left = size - len(rest)
        rest = b""
        while left > 0:
            count = connection.recv_into(buffer, min(left, len(buffer)))
            if not count:
                return
            left -= count
        text = str(size).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)


if __name__ == "__main__" and sys.argv[1:] in (["sink"], ["echo"]):
    serve_forever({"sink": sink, "echo": echo}[sys.argv[1]])
