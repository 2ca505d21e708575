# SPDX-License-Identifier: Apache-2.0
"""A real browser at the ingress: Chromium loads a page with fifty assets over HTTPS, opens a WebSocket and an event stream,
and says by a POST what it saw and which protocol it spoke."""

import json
import os
import shutil
import subprocess

from support import websocket
from support.case import AditCase, main
from support.origins import Scripted
from support.process import private_environment, seconds
from support.tls import Certificate

ASSETS = 50
PAGE = """<!doctype html><title>page</title><link rel="icon" href="data:,"><body><script>
const assets = [...Array(%d).keys()].map(n => "/asset/" + n);
function socket() {
  return new Promise((done, failed) => {
    const ws = new WebSocket((location.protocol == "https:" ? "wss://" : "ws://") + location.host + "/socket");
    const heard = [];
    ws.onopen = () => { ws.send("hello"); ws.send("x".repeat(100000)); };
    ws.onmessage = event => { heard.push(event.data.length); if (heard.length == 2) ws.close(1000, "bye"); };
    ws.onclose = event => done({heard, code: event.code, reason: event.reason, clean: event.wasClean});
    ws.onerror = () => failed("the WebSocket failed");
  });
}
function events() {
  return new Promise((done, failed) => {
    const source = new EventSource("/events");
    const heard = [];
    source.onmessage = event => { heard.push(event.data); if (heard.length == 3) { source.close(); done(heard); } };
    source.onerror = () => failed("the event stream failed");
  });
}
async function visit() {
  const got = await Promise.all(assets.map(async path => {
    const answer = await fetch(path);
    return [answer.status, await answer.text()];
  }));
  const report = {assets: got, socket: await socket(), events: await events(),
                  protocols: [...new Set(performance.getEntriesByType("resource").map(entry => entry.nextHopProtocol))]};
  return report;
}
visit().catch(error => ({error: String(error)})).then(report =>
  fetch("/report", {method: "POST", body: JSON.stringify(report)}));
</script>""" % ASSETS


class Browser(AditCase):
    def site(self):
        reports = []

        def script(connection):
            while (request := connection.request()) is not None:
                if request.target == "/":
                    connection.answer(PAGE.encode(), fields=[("Content-Type", "text/html")])
                elif request.target.startswith("/asset/"):
                    connection.answer(f"asset {request.target[7:]} ".encode() * 500, fields=[("Cache-Control", "no-store")])
                elif request.target == "/events":
                    connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                    for n in range(3):
                        text = b"data: %d\n\n" % n
                        connection.send(b"%x\r\n%s\r\n" % (len(text), text))
                    connection.rest()  # until the browser leaves
                    return
                elif request.target == "/socket":
                    websocket.accept(connection, request)
                    while True:
                        opcode, payload = websocket.read_frame(connection)
                        connection.send(websocket.frame(opcode, payload))
                        if opcode == websocket.CLOSE:
                            return
                elif request.target == "/report":
                    with origin.changed:
                        reports.append(json.loads(request.body))
                        origin.changed.notify_all()
                    connection.answer(b"thanks")
                else:
                    connection.answer(b"no such page", status="404 Not Found")
        origin = self.origin(Scripted(script))
        origin.reports = reports
        return origin

    def browse(self, origin, url):
        home = self.directory("chromium")
        log = (home / "log").open("w")
        # As root it refuses its sandbox; the page is ours. No certificate here is one that it knows.
        browser = subprocess.Popen(
            [shutil.which("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
             "--ignore-certificate-errors", "--host-resolver-rules=MAP * 127.0.0.1", f"--user-data-dir={home}/profile", "--remote-debugging-port=0", url],
            env=private_environment(home), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            origin.wait(lambda: origin.reports, f"the browser's report of {url}", 60)
        except AssertionError:
            print((home / "log").read_text()[-4000:])
            raise
        finally:
            os.killpg(browser.pid, 15)
            try:
                browser.wait(seconds(10))
            except subprocess.TimeoutExpired:
                os.killpg(browser.pid, 9)
                browser.wait()
            log.close()
        return origin.reports.pop()

    def check(self, report, protocols):
        self.assertNotIn("error", report)
        self.assertEqual(report["assets"], [[200, f"asset {n} " * 500] for n in range(ASSETS)])
        self.assertEqual(report["socket"], {"heard": [5, 100_000], "code": 1000, "reason": "bye", "clean": True})
        self.assertEqual(report["events"], ["0", "1", "2"])
        self.assertEqual(sorted(report["protocols"]), protocols)

    def test_a_page_over_http(self):
        origin = self.site()
        tunnel = self.tunnel(self.server(), origin, "page")
        self.check(self.browse(origin, tunnel.url + "/"), ["http/1.1"])

    def test_a_page_over_https(self):
        origin = self.site()
        certificate = Certificate(self.directory("tls"), "site", ["*.t.example.com"])
        server = self.server(arguments=["--https-listen", "127.0.0.1:0", *certificate.options])
        tunnel = self.tunnel(server, origin, "page")
        self.check(self.browse(origin, tunnel.url + "/"), ["h2"])


if __name__ == "__main__":
    main()
