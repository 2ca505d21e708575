# SPDX-License-Identifier: Apache-2.0
"""The WebSocket libraries people use, at both ends: Node's ws and Python's websockets, over ws:// and wss://, with messages small
and large, pings, close codes and reasons. What arrives must be what was sent, whoever sent it."""

import json
import shutil
import subprocess
import sys

from support.case import AditCase, main
from support.process import Program, private_environment, seconds
from support.tls import Certificate

MESSAGES = [0, 1, 125, 126, 65_535, 65_536, 1_000_000]

# An echo on port 0 that closes with 4001 and the reason it is told in a text message.
NODE_SERVER = """
const { WebSocketServer } = require("ws");
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", maxPayload: 1 << 26, handleProtocols: offered => offered.has("echo") ? "echo" : false });
server.on("listening", () => console.log("port " + server.address().port));
server.on("connection", socket => socket.on("message", (data, binary) => {
  const text = binary ? "" : data.toString();
  if (text.startsWith("close:")) socket.close(4001, text.slice(6)); else socket.send(data, { binary });
}));
"""
NODE_CLIENT = """
const WebSocket = require("ws");
const sizes = %s;
const socket = new WebSocket(process.argv[1], ["echo"], { rejectUnauthorized: false, lookup: (host, options, done) =>
  options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4), perMessageDeflate: process.argv[2] == "deflate" });
const report = { echoed: [], pongs: 0, protocol: "", extensions: "" };
let sent;
function next() {
  const n = report.echoed.length;
  if (n == sizes.length) { socket.ping("alive"); return; }
  sent = Buffer.alloc(sizes[n], n + 1);
  socket.send(sent);
}
socket.on("open", () => { report.protocol = socket.protocol; report.extensions = socket.extensions; next(); });
socket.on("message", data => { report.echoed.push(Buffer.compare(sent, data) == 0); next(); });
socket.on("pong", data => { report.pongs += data.toString() == "alive" ? 1 : 0; socket.send("close:enough"); });
socket.on("close", (code, reason) => { report.code = code; report.reason = reason.toString(); console.log(JSON.stringify(report)); });
socket.on("error", error => { console.log(JSON.stringify({ error: String(error) })); process.exit(1); });
""" % json.dumps(MESSAGES)
PYTHON_SERVER = """
import asyncio, websockets
async def serve(socket):
    async for message in socket:
        if isinstance(message, str) and message.startswith("close:"):
            await socket.close(4001, message[6:])
        else:
            await socket.send(message)
async def main():
    async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["echo"], max_size=1 << 26) as server:
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()
asyncio.run(main())
"""
PYTHON_CLIENT = """
import asyncio, json, ssl, sys, urllib.parse, websockets
async def main():
    url = sys.argv[1]
    context = ssl._create_unverified_context() if url.startswith("wss") else None
    port = urllib.parse.urlsplit(url).port
    report = {"echoed": [], "pongs": 0}
    async with websockets.connect(url, host="127.0.0.1", port=port, ssl=context, subprotocols=["echo"], max_size=1 << 26,
                                  compression="deflate" if sys.argv[2] == "deflate" else None) as socket:
        report["protocol"] = socket.subprotocol
        report["extensions"] = socket.response_headers.get("Sec-WebSocket-Extensions", "")
        for n, size in enumerate(%s):
            sent = bytes([n + 1]) * size
            await socket.send(sent)
            report["echoed"].append(await socket.recv() == sent)
        await (await socket.ping("alive"))
        report["pongs"] += 1
        await socket.send("close:enough")
        try:
            await socket.recv()
        except websockets.ConnectionClosed as closed:
            report["code"], report["reason"] = closed.rcvd.code, closed.rcvd.reason
    print(json.dumps(report))
asyncio.run(main())
""" % MESSAGES


class Libraries(AditCase):
    def program(self, runtime, source):
        # Debian keeps Node's libraries where another Node does not look by itself.
        environment = private_environment(self.directory("home"), NODE_PATH="/usr/share/nodejs")
        argv = [shutil.which("node") or "node", "-e", source, "--"] if runtime == "node" else [sys.executable, "-c", source]
        return argv, environment

    def echo_server(self, runtime):
        argv, environment = self.program(runtime, NODE_SERVER if runtime == "node" else PYTHON_SERVER)
        server = self.owns(Program(argv, environment))
        return server.line("port ").split()[1]

    def converse(self, runtime, url, extension):
        argv, environment = self.program(runtime, NODE_CLIENT if runtime == "node" else PYTHON_CLIENT)
        done = subprocess.run([*argv, url, extension], env=environment, capture_output=True, text=True, timeout=seconds(60))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def check(self, origin, visitor):
        port = self.echo_server(origin)
        certificate = Certificate(self.directory("tls"), "site", ["*.t.example.com"])
        server = self.server(arguments=["--https-listen", "127.0.0.1:0", *certificate.options])
        tunnel = self.tunnel(server, port, "socket")
        # By name: it must lead to loopback, which *.localhost does; the server's domain is another.
        for scheme, address in (("ws", server.http), ("wss", server.https)):
            for extension in ("deflate", "plain"):
                with self.subTest(scheme=scheme, extension=extension):
                    report = self.converse(visitor, f"{scheme}://socket.t.example.com:{address.port}/path?query", extension)
                    self.assertEqual(report["echoed"], [True] * len(MESSAGES), report)
                    self.assertEqual((report["pongs"], report["code"], report["reason"]), (1, 4001, "enough"))
                    self.assertEqual(report["protocol"], "echo")
        self.assertIsNone(tunnel.client.process.poll())

    def test_node_to_node(self):
        self.check("node", "node")

    def test_python_to_python(self):
        self.check("python", "python")

    def test_python_to_node(self):
        self.check("node", "python")

    def test_node_to_python(self):
        self.check("python", "node")


if __name__ == "__main__":
    main()
