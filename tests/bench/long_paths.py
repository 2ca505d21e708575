# SPDX-License-Identifier: Apache-2.0
"""One stream over 100 ms: a visitor far from the server, beside nghttpx at the same distance; and the server far from the client, without
loss and with. Run by tests/bench/run in a network namespace of its own, where addresses that are not loopback's lead nowhere: QUIC treats
peers there like any on the internet. The visitor's distance is a relay of TCP, so the kernel's windows and slow start count for nobody, the
windows of HTTP/2 do; the client's is a relay of datagrams, and everything QUIC does counts. No peer for that: TCP by such a relay would be
spared what QUIC is not. Prints samples as JSON."""

import argparse
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import report  # noqa: E402
from peers import HOST, Stage, cpu_seconds  # noqa: E402

ADDRESS = "10.77.0.1"
ONE_WAY_MS = 50
LOSS = ["0.001", "77"]  # share of the datagrams, and the seed
# Its own 64 KiB would make 0.6 MB/s at this distance.
WINDOWS = ["--frontend-http2-window-size=16M", "--frontend-http2-connection-window-size=32M"]


class LongStage(Stage):
    def relay(self, kind, target, *loss):
        """The port behind which `target` is 50 ms away."""
        program = self.program([self.tool("delay_relay"), kind, f"{ADDRESS if kind == 'udp' else '127.0.0.1'}:0", target, str(ONE_WAY_MS), *loss])
        return int(program.line("port ").split()[1])

    def far_client(self, server, name, port, *loss):
        link = self.directory / f"far-{name}.link"
        relayed = self.relay("udp", server.quic, *loss)
        link.touch(0o600)
        link.write_text(re.sub(r"@[^?/]+", f"@{ADDRESS}:{relayed}", server.link.read_text()))
        near, server.link = server.link, link
        try:
            return self.adit_client(server, name, port, [])
        finally:
            server.link = near


def transfer(port, host, upload, version, body):
    """Bytes a second of one transfer on a new connection."""
    size = body.stat().st_size
    if upload and version == "2":
        # Debian's curl (7.88) sends bytes twice when its socket is full at the wrong moment, and is refused for that, rightly.
        done = subprocess.run(["timeout", "120", "h2load", "-n1", "-c1", "-d", str(body), f"--connect-to=127.0.0.1:{port}", f"http://{host}/upload"],
                              capture_output=True, text=True, check=True).stdout
        took = re.search(r"finished in ([\d.]+)(ms|s)", done)
        if " 1 2xx" not in done or not took:
            raise RuntimeError(f"h2load to port {port}: no upload\n{done}")
        return size / (float(took[1]) / (1000 if took[2] == "ms" else 1))
    what = ["-T", str(body), "-H", "Expect:", f"http://127.0.0.1:{port}/upload"] if upload else [f"http://127.0.0.1:{port}/{body.name}"]
    done = subprocess.run(["curl", "-sS", "--fail-with-body", "--noproxy", "*", "--max-time", "120", "-o", "/dev/null", "-H", f"Host: {host}", "-w",
                           "%{http_version} %{size_download} %{size_upload} %{time_total}", {"1.1": "--http1.1", "2": "--http2-prior-knowledge"}[version],
                           *what], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"curl {what[-1]}: {done.stderr} {done.stdout}")
    spoken, down, up, took = done.stdout.split()
    moved = int(up if upload else down)
    if (moved, spoken) != (size, version):
        raise RuntimeError(f"{what[-1]}: {moved} of {size} bytes by HTTP/{spoken}")
    return size / float(took)


def build(stage):
    """For each scenario and path: where the visitor asks, for which host, and whose time it costs."""
    stage.start_origins()
    ways = {}
    origins = {"down": stage.origin, "up": stage.sink}

    server = stage.adit_server("near", [])
    client = {name: stage.adit_client(server, name, origin.port, []) for name, origin in origins.items()}
    relayed = stage.relay("tcp", f"127.0.0.1:{server.port}")
    for direction, origin in origins.items():
        hop = stage.start_nghttpx(f"127.0.0.1,{origin.port}", *WINDOWS)
        port = stage.relay("tcp", f"127.0.0.1:{hop.port}")
        for version in ("h1", "h2"):
            ways[f"near_{version}_{direction}"] = {report.HOP: (port, HOST, [hop]),
                                                   report.LONG: (relayed, f"{direction}.t.example.com", [server, client[direction]])}

    server = stage.adit_server("far", [], quic=f"{ADDRESS}:0")
    for loss in ((), LOSS):
        for direction, origin in origins.items():
            tunnel = direction + ("-loss" if loss else "")
            client = stage.far_client(server, tunnel, origin.port, *loss)
            ways["far_" + tunnel.replace("-", "_")] = {report.LONG: (server.port, f"{tunnel}.t.example.com", [server, client])}
    return ways


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--mib", type=int, default=256)
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=True)
    scratch = tempfile.mkdtemp(prefix="adit-bench-long-")
    stage = None
    samples = {}
    try:
        stage = LongStage(scratch, chosen.mib << 20)
        # A tenth where packets are lost: what loss allows is slow.
        few = stage.root / "few"
        with few.open("wb") as file:
            file.truncate((chosen.mib << 20) // 10)
        ways = build(stage)
        for number in range(chosen.rounds):
            for name, paths in ways.items():
                body = few if name.endswith("_loss") else stage.bulk_file
                for path, (port, host, relays) in list(paths.items())[::1 if number % 2 else -1]:
                    pids = [program.pid for program in relays]
                    before = cpu_seconds(pids)
                    rate = transfer(port, host, "_up" in name, "1.1" if "_h1_" in name else "2", body)
                    cpu = (cpu_seconds(pids) - before) / (body.stat().st_size / 1e9)
                    samples.setdefault(name, {}).setdefault(path, []).append({"rate": rate / 1e6, "cpu_s_per_gb": cpu})
        print(json.dumps(samples))
    finally:
        if stage:
            stage.stop()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
