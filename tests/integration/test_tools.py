# SPDX-License-Identifier: Apache-2.0
"""Programs that others wrote, at both ends: curl as visitor, Python's and Node's servers as origins."""

import hashlib
import pathlib
import re
import subprocess
import sys

from support import websocket
from support.case import AditCase, main
from support.origins import pattern
from support.process import Program, required, seconds

NODE = """
const http = require('http'), crypto = require('crypto');
const server = http.createServer((request, response) => {
  if (request.url === '/events') {
    response.writeHead(200, {'Content-Type': 'text/event-stream'});
    let n = 0;
    const timer = setInterval(() => { response.write(`data: ${n}\\n\\n`); if (++n === 5) { clearInterval(timer); response.end(); } }, 20);
    return;
  }
  if (request.url === '/hash') {
    const hash = crypto.createHash('sha256');
    request.on('data', piece => hash.update(piece));
    request.on('end', () => { response.setHeader('Trailer', 'X-Done'); response.write(hash.digest('hex')); response.addTrailers({'X-Done': 'yes'}); response.end(); });
    return;
  }
  response.end(JSON.stringify({url: request.url, host: request.headers.host, from: request.headers['x-forwarded-for']}));
});
server.on('upgrade', (request, socket, head) => {
  const accept = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ${accept}\\r\\n\\r\\n`);
  socket.write(Buffer.from([0x81, 2, 0x68, 0x69]));
  socket.on('data', () => socket.end(Buffer.from([0x88, 0])));
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => console.log('listening on ' + server.address().port));
"""


class Curl(AditCase):
    def curl(self, tunnel, path, *arguments, **options):
        name = tunnel.host.partition(":")[0]
        url = f"http://{name}:{tunnel.http.port}{path}"
        return subprocess.run(["curl", "-sS", "--fail-with-body", "--noproxy", "*", "--max-time", str(int(seconds(60))),
                               "--resolve", f"{name}:{tunnel.http.port}:{tunnel.http.host}", *arguments, url],
                              capture_output=True, check=True, env=self.environment(), **options).stdout

    def python_origin(self, directory):
        server = self.owns(Program([sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", directory,
                                    "--protocol", "HTTP/1.1"] if sys.version_info >= (3, 11) else
                                   [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", directory],
                                   self.environment()))
        return re.search(r"port (\d+)", server.line("port ")).group(1)

    def node_origin(self):
        server = self.owns(Program([required("node"), "-e", NODE], self.environment()))
        return re.search(r"listening on (\d+)", server.line("listening on")).group(1)

    def test_files_of_python(self):
        directory = self.directory("site")
        data = pattern(5_000_000)
        (directory / "big.bin").write_bytes(data)
        (directory / "index.html").write_text("<p>hello from python</p>")
        tunnel = self.tunnel(self.server(), self.python_origin(directory))
        self.assertEqual(self.curl(tunnel, "/"), b"<p>hello from python</p>")
        self.assertEqual(self.curl(tunnel, "/big.bin"), data)
        self.assertIn(b"200", self.curl(tunnel, "/big.bin", "--head"))
        self.assertEqual(tunnel.get("/missing").status, 404)

    def test_uploads_to_node(self):
        tunnel = self.tunnel(self.server(), self.node_origin())
        file = self.directory("up") / "file"
        file.write_bytes(pattern(3_000_000))
        digest = hashlib.sha256(file.read_bytes()).hexdigest().encode()
        self.assertEqual(self.curl(tunnel, "/hash", "-T", str(file), "-X", "POST"), digest)
        with file.open("rb") as data:  # of unknown length: chunked
            self.assertEqual(self.curl(tunnel, "/hash", "-T", "-", "-X", "POST", stdin=data), digest)
        self.assertEqual(self.curl(tunnel, "/hash", "--data-binary", f"@{file}", "-H", "Expect: 100-continue"), digest)

    def test_events_of_node(self):
        tunnel = self.tunnel(self.server(), self.node_origin())
        self.assertEqual(self.curl(tunnel, "/events", "-N"), b"".join(b"data: %d\n\n" % n for n in range(5)))

    def test_node_sees_the_visitor(self):
        tunnel = self.tunnel(self.server(), self.node_origin())
        answer = self.curl(tunnel, "/where?x=1").decode()
        self.assertIn('"from":"127.0.0.1"', answer)
        self.assertIn(tunnel.host.partition(":")[0], answer)

    def test_websocket_of_node(self):
        tunnel = self.tunnel(self.server(), self.node_origin())
        visitor = tunnel.visit()
        self.assertEqual(websocket.connect(visitor).status, 101)
        self.assertEqual(websocket.read_frame(visitor), (websocket.TEXT, b"hi"))
        visitor.send(websocket.frame(websocket.TEXT, b"bye", mask=True))
        self.assertEqual(websocket.read_frame(visitor)[0], websocket.CLOSE)
        self.assertTrue(visitor.closed_within(5))

    def test_many_urls_on_one_connection(self):
        directory = self.directory("site")
        for number in range(20):
            (directory / f"{number}").write_text(f"<{number}>")
        tunnel = self.tunnel(self.server(), self.python_origin(directory))
        self.assertEqual(self.curl(tunnel, "/[0-19]", "-w", "%{num_connects}\n").decode().count("<"), 20)

    def test_the_trace_is_clean(self):
        tunnel, _ = self.exposed()
        trace = self.directory("trace") / "trace"
        self.curl(tunnel, "/", "--trace-ascii", str(trace))
        self.assertNotIn("Excess found", pathlib.Path(trace).read_text())


if __name__ == "__main__":
    main()
