# SPDX-License-Identifier: Apache-2.0
"""Two network namespaces, a server's and a client's, joined by the link program (link.cpp). Names are unique to the process, and everything is
taken away again by close()."""

import itertools
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))
from support.process import Program, required  # noqa: E402

NETWORK, SERVER, CLIENT, CLIENT_AFTERWARDS = "10.98.0.0/24", "10.98.0.1", "10.98.0.2", "10.98.0.3"
DEVICE = "wan"
_numbers = itertools.count()


def missing():
    """What this machine lacks for it, as a sentence; empty if it lacks nothing. Without iproute2 an error under tests/run."""
    if os.geteuid() != 0:
        return "needs root, to make network namespaces"
    try:
        required("ip")
    except unittest.SkipTest as reason:
        return str(reason)
    if not os.path.exists("/dev/net/tun"):
        return "needs /dev/net/tun"
    probe = f"adit-wan-{os.getpid()}-probe"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode:
        return "cannot make network namespaces here"
    subprocess.run(["ip", "netns", "del", probe], check=False)
    return ""


class Path:
    """`impairments` are options of the link program without their dashes: delay_ms=50, loss=1, ..."""

    def __init__(self, program, **impairments):
        prefix = f"adit-wan-{os.getpid()}-{next(_numbers)}"
        self.server, self.client = prefix + "-s", prefix + "-c"
        self.client_address = CLIENT
        self.link = None
        self._made = []
        try:
            for name in (self.server, self.client):
                subprocess.run(["ip", "netns", "add", name], check=True)
                self._made.append(name)
            options = [text for key, value in impairments.items() for text in ("--" + key.replace("_", "-"), str(value))]
            self.link = Program([program, "--a", self.server, "--b", self.client, *options], dict(os.environ), stdin="", keep_open=True)
            self.link.line("ready")
            for name, address in ((self.server, SERVER), (self.client, CLIENT)):
                self.run(name, "ip", "link", "set", "lo", "up")
                self.run(name, "ip", "address", "add", f"{address}/24", "dev", DEVICE)
                self.run(name, "ip", "link", "set", DEVICE, "up", "mtu", "1500", "txqueuelen", "4000")
                # The largest of the path's bandwidth-delay products must fit, or TCP is measured by its buffers.
                for buffer in ("rmem", "wmem"):
                    self.run(name, "sysctl", "-qw", f"net.ipv4.tcp_{buffer}=4096 131072 67108864")
        except BaseException:
            self.close()
            raise

    @staticmethod
    def inside(name, *argv):
        return ["ip", "netns", "exec", name, *(str(part) for part in argv)]

    def run(self, name, *argv):
        return subprocess.run(self.inside(name, *argv), check=True, capture_output=True, text=True).stdout

    def command(self, text):
        self.link.process.stdin.write((text + "\n").encode())
        self.link.process.stdin.flush()

    def cut(self):
        self.command("cut")

    def restore(self):
        self.command("restore")

    def counters(self):
        mark = self.link.mark()
        self.command("counters")
        return self.link.event(after=mark)

    def change_client_address(self):
        """As another network does: the old address goes, a new one comes."""
        old, self.client_address = self.client_address, CLIENT_AFTERWARDS if self.client_address == CLIENT else CLIENT
        self.run(self.client, "ip", "address", "del", f"{old}/24", "dev", DEVICE)
        self.run(self.client, "ip", "address", "add", f"{self.client_address}/24", "dev", DEVICE)

    def congestion_control(self, name):
        """For the TCP connections made from now on, on both sides. False where the kernel has it not. By the route, as the sysctl of a
        namespace takes only what its host allows everybody."""
        for namespace, source in ((self.server, SERVER), (self.client, CLIENT)):
            done = subprocess.run(self.inside(namespace, "ip", "route", "replace", NETWORK, "dev", DEVICE, "src", source, "congctl", name),
                                  capture_output=True, check=False)
            if done.returncode:
                return False
        return True

    def close(self):
        if self.link:
            self.link.stop()
        for name in self._made:
            subprocess.run(["ip", "netns", "del", name], check=False)
        self._made.clear()
