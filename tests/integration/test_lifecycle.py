# SPDX-License-Identifier: Apache-2.0
"""What happens over time: restarts, dead links, changed addresses, take-over, draining, and noise from the network."""

import os
import random
import shutil
import signal
import socket
import threading

from support import websocket
from support.case import AditCase, Server, Tunnel, main
from support.process import Program, binary, private_environment, wait_until
from support.visitor import Closed


class Reconnection(AditCase):
    def restart(self, server):
        return Server(self, data=server.data, quic=f"127.0.0.1:{server.quic.port}", http=f"127.0.0.1:{server.http.port}")

    def test_server_killed_and_restarted(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo(), "steady")
        for kill in ("kill", "stop"):
            mark = tunnel.client.mark()
            getattr(server, kill)()
            server = self.restart(server)
            tunnel.client.event(after=mark, timeout=45, event="tunnel", state="online", url=tunnel.url)
            self.assertEqual(tunnel.get().status, 200)

    def test_changes_of_state_are_told(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo(), "told")
        mark = tunnel.client.mark()
        server.stop()
        event = tunnel.client.event(after=mark, timeout=40, event="tunnel", state="reconnecting")
        self.assertEqual(event["name"], "told")

    def test_a_random_name_is_kept(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo())
        mark = tunnel.client.mark()
        server.kill()
        self.restart(server)
        tunnel.client.event(after=mark, timeout=45, event="tunnel", state="online", url=tunnel.url)

    def test_requests_in_flight_fail_cleanly(self):
        server = self.server()
        stop = threading.Event()
        self.addCleanup(stop.set)

        def script(connection):
            origin.note(connection.request())
            connection.rest()
        origin = self.origin(lambda connection: script(connection))
        tunnel = self.tunnel(server, origin)
        visitor = tunnel.visit()
        visitor.request()
        origin.wait(lambda: origin.requests, "the request")
        tunnel.client.kill()
        # The visitor hears of it: a page that says so, or the end of the connection, but no eternal wait.
        try:
            self.assertIn(visitor.start().status, (502, 503, 504))
        except Closed:
            pass
        self.assertTrue(server.alive())

    def through_relay(self, name=None, target=None):
        server = self.server()
        relay = self.relay(server)
        tunnel = self.tunnel(server, target or self.echo(), name, link=self.link_to(server.join, relay.address))
        return server, relay, tunnel

    def test_address_changed(self):
        _, relay, tunnel = self.through_relay("moving")
        visitor = tunnel.visit(timeout=30)
        for _ in range(4):
            self.assertEqual(visitor.get().status, 200)
            relay.rebind()
            self.assertEqual(visitor.get().status, 200)

    def test_a_transfer_survives_a_changed_address(self):
        body = os.urandom(8 << 20)

        def script(connection):
            connection.request()
            connection.answer(body)
        _, relay, tunnel = self.through_relay(target=self.origin(script))
        visitor = tunnel.visit(timeout=60)
        visitor.request().start()
        first = visitor.exactly(1 << 20)
        relay.rebind()
        self.assertEqual(first + visitor.exactly(len(body) - len(first)), body)

    def test_a_short_gap_is_survived(self):
        _, relay, tunnel = self.through_relay("gap")
        visitor = tunnel.visit(timeout=30)
        self.assertEqual(visitor.get().status, 200)
        relay.pause()
        visitor.request()
        threading.Timer(1.0, relay.resume).start()
        self.assertEqual(visitor.response().status, 200)

    def test_a_dead_link_comes_back(self):
        server, relay, tunnel = self.through_relay("dead")
        mark = tunnel.client.mark()
        relay.pause()
        tunnel.client.event(after=mark, timeout=60, event="tunnel", state="reconnecting")
        self.assertEqual(wait_until(lambda: tunnel.get().status == 503, "the server noticing", 60), True)
        mark = tunnel.client.mark()
        relay.resume()
        tunnel.client.event(after=mark, timeout=45, event="tunnel", state="online", url=tunnel.url)
        self.assertEqual(tunnel.get().status, 200)
        self.assertTrue(server.alive())

    def test_a_copied_home_is_another_instance(self):
        server = self.server()
        first = self.tunnel(server, self.echo(), "same")
        second_origin = self.origin(lambda connection: self.second(connection))
        home = self.directory("other-machine") / "home"
        shutil.copytree(first.client.home, home)
        self.assertEqual(self.client(server, second_origin.target, "same", home=home).exit_code(), 1)
        self.assertTrue(first.client.alive())
        client = self.client(server, second_origin.target, "same", home=home, arguments=("--take-over",))
        client.event(event="tunnel", state="online", url=first.url)
        self.assertNotEqual(first.client.exit_code(20), 0)
        self.assertEqual(first.get().body, b"second")

    def test_two_processes_of_one_home_do_not_fight(self):
        server = self.server()
        one = self.tunnel(server, self.echo(), "one")
        two = self.tunnel(server, self.echo(), "two", home=one.client.home)
        self.assertEqual(two.get().status, 200)
        self.assertEqual(one.get().status, 200)
        self.assertTrue(one.client.alive())

    def second(self, connection):
        while connection.request() is not None:
            connection.answer(b"second")


class Draining(AditCase):
    def scene(self):
        origin, release = self.waiting_origin(b"finished")
        server = self.server()
        tunnel = self.tunnel(server, origin)
        visitor = tunnel.visit()
        visitor.request("GET", "/slow")
        origin.wait(lambda: origin.requests, "the request")
        return server, tunnel, visitor, release

    def test_the_client_finishes_what_is_in_flight(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            _, tunnel, visitor, release = self.scene()
            tunnel.client.send(number)
            wait_until(lambda: tunnel.get().status in (404, 503), "new requests being refused")
            self.assertTrue(tunnel.client.alive())
            release.set()
            self.assertEqual(visitor.response().body, b"finished")
            self.assertEqual(tunnel.client.exit_code(), 0, tunnel.client.text())

    def test_the_server_finishes_what_is_in_flight(self):
        server, tunnel, visitor, release = self.scene()
        server.send(signal.SIGTERM)

        def refused():
            try:
                socket.create_connection(tuple(server.http), 5).close()
                return False
            except OSError:
                return True
        wait_until(refused, "the listener being closed")
        release.set()
        self.assertEqual(visitor.response().body, b"finished")
        self.assertEqual(server.exit_code(), 0, server.text())

    def test_idle_processes_end_at_once(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo())
        visitor = tunnel.visit()
        visitor.get()  # An idle keep-alive connection must not hold the end up.
        tunnel.client.send(signal.SIGTERM)
        self.assertEqual(tunnel.client.exit_code(5), 0)
        server.send(signal.SIGTERM)
        self.assertEqual(server.exit_code(5), 0)

    def test_a_terminal_that_goes_away(self):
        # Programs inherit it: the tests themselves may run under nohup.
        self.addCleanup(signal.signal, signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_DFL))
        server = self.server()
        tunnel = self.tunnel(server, self.echo())
        tunnel.client.send(signal.SIGHUP)
        self.assertEqual(tunnel.client.exit_code(5), 0)

    def test_nohup_outlives_the_terminal(self):
        server, origin = self.server(), self.echo()
        client = self.owns(Program(["nohup", binary("adit"), "http", origin.target, "--json"],
                                   private_environment(self.directory("client"), ADIT_JOIN=server.join)))
        tunnel = Tunnel(self, client, server.http, client.event(event="tunnel", state="online"), server)
        client.send(signal.SIGHUP)
        self.assertEqual(tunnel.get().status, 200)
        client.send(signal.SIGTERM)  # the one that ends it at last is the first it hears
        self.assertEqual(client.exit_code(5), 0)

    def test_a_second_signal_ends_the_wait(self):
        _, tunnel, _, _ = self.scene()
        tunnel.client.send(signal.SIGTERM)
        wait_until(lambda: tunnel.get().status in (404, 503), "new requests being refused")
        tunnel.client.send(signal.SIGTERM)
        tunnel.client.exit_code(5)

    def test_an_open_websocket_ends_by_the_deadline(self):
        server = self.server()
        tunnel = self.tunnel(server, self.origin(websocket.echo_origin))
        visitor = tunnel.visit()
        websocket.connect(visitor)
        tunnel.client.send(signal.SIGTERM)
        self.assertEqual(tunnel.client.exit_code(30), 0)


class Noise(AditCase):
    def test_garbage_datagrams(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo())
        dice = random.Random(20)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for _ in range(3000):
                size = dice.choice((0, 1, 5, 20, 100, 1200, 1400))
                data = bytearray(dice.randbytes(size))
                if size > 6 and dice.random() < 0.6:  # shaped like QUIC's long header, with real and unknown versions
                    data[0] |= 0xC0
                    data[1:5] = dice.choice((b"\0\0\0\1", b"\0\0\0\0", b"\x6b\x33\x43\xcf", b"\xfa\xfa\xfa\xfa"))
                    data[5] = dice.choice((0, 8, 20, 255))
                elif size:
                    data[0] = data[0] & 0x7F | 0x40
                sock.sendto(bytes(data), tuple(server.quic))
        self.assertEqual(tunnel.get().status, 200)
        self.assertTrue(server.alive())

    def test_unknown_version_is_negotiated_and_nothing_is_amplified(self):
        server = self.server()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(10)
            probe = b"\xc0\xfa\xfa\xfa\xfa\x08" + b"D" * 8 + b"\x08" + b"S" * 8
            probe += b"\0" * (1200 - len(probe))
            sock.sendto(probe, tuple(server.quic))
            answer = sock.recv(65535)
            self.assertEqual(answer[1:5], b"\0\0\0\0", "a Version Negotiation packet")
            self.assertEqual(answer[5:14], b"\x08" + b"S" * 8)
            self.assertLessEqual(len(answer), len(probe))
            self.assertIn(b"\0\0\0\1", answer[23:])

    def test_small_initials_are_ignored(self):
        server = self.server()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.5)
            sock.sendto(b"\xc0\0\0\0\1\x08" + b"D" * 8 + b"\x08" + b"S" * 8 + b"\0" * 200, tuple(server.quic))
            with self.assertRaises(socket.timeout):
                sock.recv(65535)

    def test_garbage_towards_the_client(self):
        server = self.server()
        relay = self.relay(server)
        tunnel = self.tunnel(server, self.echo(), link=self.link_to(server.join, relay.address))
        dice = random.Random(21)
        for _ in range(1000):
            relay.front.sendto(dice.randbytes(dice.choice((1, 21, 40, 300, 1200))), relay.client)
        self.assertEqual(tunnel.get().status, 200)


if __name__ == "__main__":
    main()
