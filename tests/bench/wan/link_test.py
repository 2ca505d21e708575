# SPDX-License-Identifier: Apache-2.0
"""Does the link program do to real packets what it is told? Lower bounds and counts only: nothing here depends on how busy the machine is.
link_test.py PATH_OF_WAN_LINK; ends with 77 (skipped) where namespaces cannot be made."""

import subprocess
import sys

sys.dont_write_bytecode = True

from netns import SERVER, Path, missing  # noqa: E402

ECHO = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 7)); print("bound", flush=True)
while True:
    data, peer = s.recvfrom(2048); s.sendto(data, peer)
"""
# Sends that many datagrams, and prints how many came back and the least time one took, in milliseconds.
ASK = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1); s.connect((sys.argv[1], 7))
answers, least = 0, 1e9
for i in range(int(sys.argv[2])):
    begun = time.monotonic(); s.send(b"%d" % i)
    if len(sys.argv) > 3: continue
    try:
        s.recv(2048); answers += 1; least = min(least, time.monotonic() - begun)
    except TimeoutError: pass
print(answers, least * 1000)
"""


def check(condition, what):
    if not condition:
        print(f"FAILED: {what}")
        sys.exit(1)


def main():
    reason = missing()
    if reason:
        print(f"SKIP   : bench_wan_link {reason}")  # as tests/run looks for it
        sys.exit(77)
    program = sys.argv[1]

    path = Path(program, delay_ms=20, seed=1)
    try:
        echo = subprocess.Popen(path.inside(path.server, sys.executable, "-c", ECHO, SERVER), stdout=subprocess.PIPE)
        try:
            echo.stdout.readline()
            answers, least = path.run(path.client, sys.executable, "-c", ASK, SERVER, 10).split()
            check(int(answers) == 10, f"without loss all of 10 datagrams come back, not {answers}")
            check(float(least) >= 40, f"a round trip takes at least 40 ms, not {least}")
            path.cut()
            answers, _ = path.run(path.client, sys.executable, "-c", ASK, SERVER, 1).split()
            check(int(answers) == 0, "nothing passes a path that is cut")
            path.restore()
            answers, _ = path.run(path.client, sys.executable, "-c", ASK, SERVER, 1).split()
            check(int(answers) == 1, "a restored path passes")
        finally:
            echo.kill()
            echo.wait()
    finally:
        path.close()

    lost = []
    for seed in (5, 5, 6):
        path = Path(program, loss=30, seed=seed)
        try:
            before = path.counters()["b"]
            path.run(path.client, sys.executable, "-c", ASK, "10.98.0.9", 400, "and do not wait")
            after = path.counters()["b"]
            check(after["packets"] - before["packets"] >= 400, f"400 datagrams reach the link: {before}, {after}")
            lost.append(after["lost"] / after["packets"])
        finally:
            path.close()
    for share in lost:
        check(0.18 < share < 0.42, f"a loss of 30 % loses about that: {lost}")


if __name__ == "__main__":
    main()
