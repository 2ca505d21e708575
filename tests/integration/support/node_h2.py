# SPDX-License-Identifier: Apache-2.0
"""An HTTP/2 origin: Node's own server, with or without TLS, that does what the path says and prints what happened to it."""

import json
import pathlib

from .process import Program, private_environment, wait_until

SCRIPT = """
const http2 = require("http2"), crypto = require("crypto"), fs = require("fs");
const options = JSON.parse(process.argv[1]);
const say = event => console.log(JSON.stringify(event));
const settings = options.settings || {};
const server = options.key
  ? http2.createSecureServer({ key: fs.readFileSync(options.key), cert: fs.readFileSync(options.cert), settings, ALPNProtocols: options.alpn })
  : http2.createServer({ settings });
let sessions = 0;
server.on("session", session => { session.number = ++sessions; say({ event: "session", number: sessions }); session.on("error", () => {}); });
server.on("stream", (stream, headers) => {
  const url = new URL(headers[":path"], "http://x"), path = url.pathname, number = name => parseInt(url.searchParams.get(name));
  const session = stream.session.number;
  stream.on("error", () => {});
  stream.on("aborted", () => say({ event: "aborted", path, code: stream.rstCode }));
  stream.on("close", () => say({ event: "closed", path, code: stream.rstCode }));
  say({ event: "request", path, session });
  if (headers[":method"] == "CONNECT") {
    if (path == "/refuse") { stream.respond({ ":status": 403 }); stream.end("no"); return; }
    stream.respond(path == "/other" ? { ":status": 200, "sec-websocket-protocol": "other" } : { ":status": 200 });
    if (path == "/farewell") { stream.on("data", data => say({ event: "heard", text: data.toString() })); stream.end("bye"); return; }
    stream.pipe(stream);
    return;
  }
  const hash = crypto.createHash("sha256");
  let length = 0, head = [], trailers = {};
  const sum = (extra = {}) => {
    stream.respond({ ":status": 200, "content-type": "application/json", "x-session": session }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": hash.digest("hex"), "content-length": undefined }));
  };
  if (path == "/big") {
    let left = number("n");
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": hash.digest("hex") }));
    const go = () => {
      while (left > 0) {
        const part = crypto.randomBytes(Math.min(left, 65536));
        left -= part.length;
        hash.update(part);
        if (!stream.write(part)) { stream.once("drain", go); return; }
      }
      stream.end();
    };
    go();
  } else if (path == "/reset") {
    stream.close(number("code"));
  } else if (path == "/broken") {
    stream.respond({ ":status": 200 });
    stream.write("half", () => setTimeout(() => stream.destroy(new Error("broken")), 50));
  } else if (path == "/silent") {
  } else if (path == "/gate") {
    say({ event: "waiting", session });
    setTimeout(() => { stream.respond({ ":status": 200, "x-session": session }); stream.end("ok"); }, number("ms"));
  } else if (path == "/hints") {
    stream.additionalHeaders({ ":status": 103, link: "</a.css>; rel=preload" });
    stream.respond({ ":status": 200, "content-length": 2 });
    stream.end("ok");
  } else if (path == "/leave") {
    stream.respond({ ":status": 200, "x-session": session });
    stream.end("ok");
    stream.session.goaway();
  } else if (path == "/drop") {
    stream.session.destroy();
  } else if (path == "/early") {
    stream.respond({ ":status": 413 });
    stream.end("too much");
  } else {
    stream.on("data", data => { length += data.length; hash.update(data); if (head.length < 4) head.push(data.subarray(0, 1000)); });
    stream.on("trailers", fields => { trailers = fields; });
    stream.on("end", () => {
      sum();
      stream.end(headers[":method"] == "HEAD" ? undefined : JSON.stringify({ headers, length, trailers, session, body: Buffer.concat(head).toString() }));
    });
    stream.resume();
  }
});
server.on("listening", () => say({ event: "ready", port: server.address().port }));
server.listen(0, "127.0.0.1");
"""


class NodeOrigin(Program):
    """`events` hold what it says; `target` is what an adit client is given."""

    def __init__(self, case, certificate=None, settings=None, alpn=None):
        options = {"settings": settings or {}}
        if certificate:
            options.update(key=str(certificate.key), cert=str(certificate.cert))
        if alpn:
            options["alpn"] = alpn
        super().__init__(["node", "-e", SCRIPT, json.dumps(options)], private_environment(case.directory("node")))
        case.owns(self)
        self.port = self.event(event="ready")["port"]
        self.target = f"{'h2s' if certificate else 'h2c'}://127.0.0.1:{self.port}"

    def has_said(self, count, **wanted):
        """Waits for that many, since what it prints comes by another way than its answers; True if there are no more."""
        wait_until(lambda: len(self.said(**wanted)) >= count, f"{count} times {wanted}")
        return len(self.said(**wanted)) == count

    def said(self, **wanted):
        return [event for event in self.events if all(event.get(key) == value for key, value in wanted.items())]
