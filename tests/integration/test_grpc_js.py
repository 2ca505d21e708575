# SPDX-License-Identifier: Apache-2.0
"""gRPC with Node's @grpc/grpc-js at both ends: every kind of call, metadata, trailers, deadline, cancellation from both sides, 1 MiB
messages. Debian has no package of that library, so this runs where it is found: ADIT_NODE_MODULES names a node_modules directory (tests/run
makes one from node/package-lock.json)."""

import json
import os
import subprocess
import unittest

from support.case import AditCase, main
from support.process import Program, private_environment, required, seconds

MODULES = os.environ.get("ADIT_NODE_MODULES") or "/usr/share/nodejs"
COMMON = """
const grpc = require("@grpc/grpc-js");
const method = (name, requestStream, responseStream) => ({ path: "/test.Service/" + name, requestStream, responseStream,
  requestSerialize: b => b, requestDeserialize: b => b, responseSerialize: b => b, responseDeserialize: b => b });
const service = { Echo: method("Echo", false, false), Count: method("Count", false, true), Sum: method("Sum", true, false),
  Talk: method("Talk", true, true), Hang: method("Hang", false, true), Fail: method("Fail", false, false), Slow: method("Slow", false, false) };
const options = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1, "grpc.enable_http_proxy": 0 };
"""
# Each call and each message of one makes this server send a PING, besides what the library sends itself.
SERVER = """
const http2 = require("http2");
const create = http2.createServer;
http2.createServer = (settings, ...more) => {
  const server = create({ ...settings, maxOutstandingPings: 100000 }, ...more);
  server.on("session", session => session.on("stream", stream => {
    const ping = () => { if (!session.destroyed) session.ping(() => {}); };
    ping();
    stream.on("data", ping);
  }));
  return server;
};
""" + COMMON + """
const server = new grpc.Server(options);
server.addService(service, {
  Echo(call, done) {
    const leader = new grpc.Metadata(); leader.set("x-leader", "before"); call.sendMetadata(leader);
    const trailer = new grpc.Metadata(); trailer.set("x-trailer", "after"); trailer.set("x-blob-bin", call.metadata.get("x-blob-bin")[0] || Buffer.alloc(0));
    done(null, call.request, trailer);
  },
  Count(call) { for (let n = 0; n < Number(call.request); ++n) call.write(Buffer.from(String(n))); call.end(); },
  Sum(call, done) { let sum = 0; call.on("data", b => sum += b.length); call.on("end", () => done(null, Buffer.from(String(sum)))); },
  Talk(call) { call.on("data", b => call.write(Buffer.from(b.toString().toUpperCase()))); call.on("end", () => call.end()); },
  Hang(call) { call.write(Buffer.from("started")); call.on("cancelled", () => console.log("cancelled " + call.request)); },
  Slow(call) { call.on("cancelled", () => console.log("cancelled " + call.request)); },
  Fail(call, done) { done({ code: grpc.status.FAILED_PRECONDITION, details: "nicht möglich" }); },
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => console.log("port " + port));
"""
CLIENT = COMMON + """
const [address, authority] = process.argv.slice(1);
const Client = grpc.makeGenericClientConstructor(service, "Service");
const client = new Client(address, grpc.credentials.createInsecure(), { ...options, "grpc.default_authority": authority });
const deadline = s => ({ deadline: Date.now() + 1000 * s });
const report = {};
const unary = (name, request, metadata, limit) => new Promise(done => {
  const heard = {};
  const call = client[name](request, metadata || new grpc.Metadata(), deadline(limit || 30), (error, answer) => { heard.error = error ? error.code : 0; heard.details = error ? error.details : "";
    heard.answer = answer; });
  call.on("metadata", m => heard.leader = m.get("x-leader"));
  call.on("status", s => { heard.trailer = s.metadata.get("x-trailer"); heard.blob = s.metadata.get("x-blob-bin"); setImmediate(() => done(heard)); });
});
const collect = (call, onData) => new Promise(done => { const got = []; call.on("data", b => { got.push(b.toString()); if (onData) onData(got, call); });
  call.on("error", e => done({ got, error: e.code })); call.on("end", () => done({ got, error: 0 })); });
(async () => {
  const metadata = new grpc.Metadata(); metadata.set("x-blob-bin", Buffer.from([...Array(256).keys()]));
  const echo = await unary("Echo", Buffer.from("hello"), metadata);
  report.unary = [echo.error, String(echo.answer), echo.leader, echo.trailer, Buffer.compare(echo.blob[0], Buffer.from([...Array(256).keys()]))];
  const large = Buffer.alloc(1 << 20, "x"), huge = Buffer.alloc(16 << 20, "y");
  report.large = [Buffer.compare((await unary("Echo", large)).answer, large), Buffer.compare((await unary("Echo", huge)).answer, huge)];
  report.count = (await collect(client.Count(Buffer.from("500"), deadline(30)))).got.length;
  report.sum = await new Promise(done => { const call = client.Sum(deadline(30), (e, b) => done(String(b))); for (let n = 0; n < 200; ++n) call.write(Buffer.alloc(1000)); call.end(); });
  let turns = 0;
  const talk = client.Talk(deadline(30)); talk.write(Buffer.from("turn 0"));
  report.talk = (await collect(talk, (got, call) => ++turns < 20 ? call.write(Buffer.from("turn " + turns)) : call.end())).got;
  const fail = await unary("Fail", Buffer.from("x")); report.fail = [fail.error, fail.details];
  report.slow = (await unary("Slow", Buffer.from("deadline"), null, 1)).error;
  const hang = client.Hang(Buffer.from("cancel"), deadline(30));
  report.hang = await collect(hang, () => hang.cancel());
  report.many = (await Promise.all([...Array(3000).keys()].map(n => unary("Echo", Buffer.from(String(n)))))).filter((a, n) => String(a.answer) == String(n)).length;
  console.log(JSON.stringify(report));
  client.close();
})();
"""


@unittest.skipUnless(os.path.isdir(os.path.join(MODULES, "@grpc", "grpc-js")), "no @grpc/grpc-js here: set ADIT_NODE_MODULES, or use tests/run")
class GrpcJs(AditCase):
    def setUp(self):
        required("node")
        super().setUp()

    def test_every_kind_of_call(self):
        environment = private_environment(self.directory("home"), NODE_PATH=MODULES)
        backend = self.owns(Program(["node", "-e", SERVER], environment))
        port = backend.line("port ").split()[1]
        tunnel = self.tunnel(self.server(), f"h2c://127.0.0.1:{port}", "grpc")
        done = subprocess.run(["node", "-e", CLIENT, "--", f"{tunnel.http.host}:{tunnel.http.port}", tunnel.host], env=environment,
                              capture_output=True, text=True, timeout=seconds(90))
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        report = json.loads(done.stdout)
        self.assertEqual(report["unary"], [0, "hello", ["before"], ["after"], 0])
        self.assertEqual(report["large"], [0, 0])
        self.assertEqual((report["count"], report["sum"], report["many"]), (500, "200000", 3000))
        self.assertEqual(report["talk"], [f"TURN {n}" for n in range(20)])
        self.assertEqual(report["fail"], [9, "nicht möglich"])
        self.assertEqual(report["slow"], 4)  # DEADLINE_EXCEEDED
        self.assertEqual(report["hang"], {"got": ["started"], "error": 1})  # CANCELLED
        for name in ("deadline", "cancel"):
            backend.line(f"cancelled {name}")


if __name__ == "__main__":
    main()
