# SPDX-License-Identifier: Apache-2.0
"""Who owns a name: terminals and devices that want the same, restarts in any order, reservations, tokens that come and go."""

import json
import os
import resource
import signal
import time
import unittest

from support.case import AditCase, Server, Tunnel, main
from support.process import private_environment, wait_until


class Names(AditCase):
    def tokens(self, server):
        return json.loads((server.data / "tokens.json").read_text())["tokens"]

    def second_link(self, server, *options):
        """A join link of another token."""
        made = self.run_adit("token", "create", "other", "--data-dir", server.data, "--json", *options)
        self.assertEqual(made.exit_code(), 0, made.text())
        return self.link_to(made.event(event="token")["join"], server.quic)

    def restarted(self, server, arguments=()):
        return Server(self, data=server.data, quic=f"127.0.0.1:{server.quic.port}", http=f"127.0.0.1:{server.http.port}", arguments=arguments)

    def online(self, client, server, timeout=15):
        return Tunnel(self, client, server.http, client.event(timeout=timeout, event="tunnel", state="online"), server)

    def status(self, server, host):
        visitor = Tunnel(self, None, server.http, {"name": "x", "url": f"http://{host}"}, server).visit()
        return visitor.get()

    def release(self, server, name, home, link=None):
        return self.run_adit("release", name, "--json", "--join-file", self.join_file(link or server.join), env=private_environment(home))


class TwoTerminals(Names):
    def test_live_side_by_side(self):
        server, home = self.server(), self.directory("laptop")
        shop = self.tunnel(server, self.echo(), "shop", home=home)
        blog = self.tunnel(server, self.echo(), "blog", home=home)
        self.assertEqual(shop.get().status, 200)
        self.assertEqual(blog.get().status, 200)
        self.assertTrue(shop.client.alive())

    def test_come_back_in_any_order_within_two_seconds(self):
        server, home, origin = self.server(), self.directory("laptop"), self.echo()
        names = ("shop", "blog", None)
        tunnels = [self.tunnel(server, origin, name, home=home) for name in names]
        kept = home / "state" / "adit" / "names"
        wait_until(lambda: any(tunnels[-1].name in file.read_text() for file in kept.iterdir()), "the chosen name being kept")
        for tunnel in tunnels:
            tunnel.client.kill()
        begun = time.monotonic()
        again = [self.client(server, origin.target, name, home=home) for name in reversed(names)]
        for client, tunnel in zip(again, reversed(tunnels)):
            self.assertEqual(self.online(client, server).url, tunnel.url)
        # Two seconds where nothing else has the machine; what is asserted leaves room.
        self.assertLess(time.monotonic() - begun, 8)
        for tunnel in tunnels:
            self.assertEqual(tunnel.get().status, 200)

    def test_the_same_name_is_refused_while_the_first_lives(self):
        server, home = self.server(), self.directory("laptop")
        first = self.tunnel(server, self.echo(), "shop", home=home)
        second = self.client(server, "9", "shop", home=home)
        self.assertEqual(second.exit_code(), 1)
        error = second.event(event="tunnel", state="failed")["error"]
        self.assertEqual(error["code"], "name-taken")
        self.assertRegex(error["message"], rf"'shop' is in use by your terminal since (\d{4}-\d\d-\d\d )?\d\d:\d\d \(pid {first.client.pid}\)")
        self.assertIn("--take-over", second.text("err") + second.text("out"))
        self.assertEqual(first.get().status, 200)

    def test_take_over_moves_it(self):
        server, home = self.server(), self.directory("laptop")
        first = self.tunnel(server, self.echo(), "shop", home=home)
        second = self.tunnel(server, self.echo(), "shop", home=home, arguments=("--take-over",))
        self.assertEqual(second.url, first.url)
        self.assertEqual(first.client.exit_code(), 1)
        error = first.client.event(event="tunnel", state="failed")["error"]
        self.assertEqual(error["code"], "taken-over")
        self.assertIn(f"'shop' was taken over by your terminal (pid {second.client.pid})", error["message"])
        self.assertEqual(second.get().status, 200)

    def test_a_name_that_moved_stays_after_a_restart_of_the_server(self):
        server, home = self.server(), self.directory("laptop")
        first = self.tunnel(server, self.echo(), "shop", home=home)
        second = self.tunnel(server, self.echo(), "shop", home=home, arguments=("--take-over",))
        first.client.exit_code()
        mark = second.client.mark()
        server.kill()
        server = self.restarted(server)
        second.client.event(after=mark, timeout=45, event="tunnel", state="online", url=second.url)
        # The flag was for once: another terminal may take it now.
        third = self.tunnel(server, self.echo(), "shop", home=home, link=self.link_to(second_join(second), server.quic),
                            arguments=("--take-over",))
        self.assertEqual(second.client.exit_code(), 1)
        self.assertEqual(third.get().status, 200)

    def test_two_of_one_target_have_names_of_their_own(self):
        server, home, origin = self.server(), self.directory("laptop"), self.echo()
        first, second = (self.tunnel(server, origin, home=home) for _ in range(2))
        self.assertNotEqual(first.url, second.url)
        urls = {first.url, second.url}
        first.client.stop()
        second.client.stop()
        again = {self.tunnel(server, origin, home=home).url for _ in range(2)}
        self.assertEqual(again, urls)


def second_join(tunnel):
    """The join link that the tunnel's client was given."""
    arguments = tunnel.client.argv
    with open(arguments[arguments.index("--join-file") + 1], encoding="utf-8") as file:
        return file.read().strip()


class TwoDevices(Names):
    def test_the_other_device_is_named(self):
        server = self.server()
        first = self.tunnel(server, self.echo(), "shop")
        second = self.client(server, "9", "shop")
        self.assertEqual(second.exit_code(), 1)
        error = second.event(event="tunnel", state="failed")["error"]
        self.assertEqual(error["code"], "name-taken")
        self.assertIn(f"'{os.uname().nodename}' (terminal, pid {first.client.pid})", error["message"])
        moved = self.tunnel(server, self.echo(), "shop", arguments=("--take-over",))
        self.assertEqual(first.client.exit_code(), 1)
        self.assertEqual(moved.get().status, 200)

    def test_a_stopped_holder_loses_the_name(self):
        # Its session looks alive to the server, but nobody answers.
        server = self.server()
        first = self.tunnel(server, self.echo(), "shop")
        first.client.send(signal.SIGSTOP)
        begun = time.monotonic()
        second = self.tunnel(server, self.echo(), "shop")
        self.assertLess(time.monotonic() - begun, 6)
        self.assertEqual(second.get().status, 200)
        first.client.send(signal.SIGCONT)
        # It hears that the name moved, or that it was away for too long and then that the name is in use.
        self.assertEqual(first.client.exit_code(40), 1)
        self.assertEqual(second.get().status, 200)


class Reservations(Names):
    def test_another_principal_waits_until_the_name_is_released(self):
        server, home = self.server(), self.directory("laptop")
        other = self.second_link(server)
        first = self.tunnel(server, self.echo(), "shop", home=home)
        taken = self.client(server, "9", "shop", link=other)
        self.assertEqual(taken.exit_code(), 1)
        error = taken.event(event="tunnel", state="failed")["error"]
        self.assertEqual(error["code"], "name-taken")
        self.assertNotIn(str(first.client.pid), error["message"])
        held = self.release(server, "shop", home)
        self.assertEqual(held.exit_code(), 1)
        self.assertIn("in use by your terminal", held.text())
        first.client.stop()
        answer = self.status(server, first.host)
        self.assertEqual(answer.status, 503)
        self.assertIn("retry-after", {name.lower() for name, _ in answer.fields})
        self.assertEqual(self.client(server, "9", "shop", link=other).exit_code(), 1)
        self.assertEqual(self.release(server, "shop", self.directory("stranger"), other).exit_code(), 1)
        released = self.release(server, "shop", home)
        self.assertEqual(released.exit_code(), 0, released.text())
        released.event(event="released", name="shop")
        self.assertEqual(self.status(server, first.host).status, 404)
        self.assertEqual(self.tunnel(server, self.echo(), "shop", link=other).get().status, 200)

    def test_names_outlive_a_crash_of_the_server(self):
        server, home, origin = self.server(), self.directory("laptop"), self.echo()
        other = self.second_link(server)
        chosen = self.tunnel(server, origin, home=home)
        shop = self.tunnel(server, origin, "shop", home=home)
        names = server.data / "names"
        wait_until(lambda: names.exists() and chosen.name in names.read_text() and "shop" in names.read_text(), "the names being kept")
        for tunnel in (chosen, shop):
            tunnel.client.kill()
        server.kill()
        server = self.restarted(server)
        for tunnel in (chosen, shop):
            self.assertEqual(self.status(server, tunnel.host).status, 503)
            self.assertEqual(self.client(server, "9", tunnel.name, link=other).exit_code(), 1)
        link = second_join(shop)
        self.assertEqual(self.tunnel(server, origin, home=home, link=link).url, chosen.url)
        self.assertEqual(self.tunnel(server, origin, "shop", home=home, link=link).url, shop.url)

    def test_a_torn_file_loses_its_last_line(self):
        server, home = self.server(), self.directory("laptop")
        shop = self.tunnel(server, self.echo(), "shop", home=home)
        shop.client.stop()
        server.stop()
        names = server.data / "names"
        with names.open("ab") as file:
            file.write(b"name blog nobody asked he")
        server = self.restarted(server)
        server.line("damaged line")
        self.assertEqual(self.status(server, shop.host).status, 503)

    @unittest.skipUnless(hasattr(resource, "prlimit"), "this system sets no limits of other processes")
    def test_a_limit_of_file_sizes_ends_nobody(self):
        server, home = self.server(), self.directory("laptop")
        shop = self.tunnel(server, self.echo(), "shop", home=home)
        names = server.data / "names"
        wait_until(lambda: names.exists() and "shop" in names.read_text(), "the name being kept")
        before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (names.stat().st_size, resource.RLIM_INFINITY))
        blog = self.tunnel(server, self.echo(), "blog", home=home)
        server.line("names would be lost")
        for tunnel in (shop, blog):
            self.assertEqual(tunnel.get().status, 200)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)
        server.line("names are kept again")
        self.assertIn("blog", names.read_text())

    def test_a_short_grace(self):
        server = self.server(arguments=("--name-grace", "0s"))
        other = self.second_link(server)
        shop = self.tunnel(server, self.echo(), "shop")
        shop.client.stop()
        self.assertEqual(self.tunnel(server, self.echo(), "shop", link=other).get().status, 200)

    def test_a_grace_that_is_none(self):
        for bad in ("soon", "-1s", "367d", "1y"):
            refused = self.run_adit("--server", "--data-dir", self.directory("none"), "--name-grace", bad)
            self.assertEqual(refused.exit_code(), 2, refused.text())


class Tokens(Names):
    def test_a_second_token_of_the_principal_has_the_names(self):
        server = self.server()
        principal = self.tokens(server)[0]["principal"]
        link = self.second_link(server, "--principal", principal)
        shop = self.tunnel(server, self.echo(), "shop")
        shop.client.stop()
        self.assertEqual(self.tunnel(server, self.echo(), "shop", link=link).get().status, 200)

    def test_a_replaced_token_keeps_the_names(self):
        server = self.server()
        first = self.tokens(server)[0]
        link = self.second_link(server, "--principal", first["principal"])
        shop = self.tunnel(server, self.echo(), "shop")
        revoked = self.run_adit("token", "revoke", first["id"], "--data-dir", server.data)
        self.assertEqual(revoked.exit_code(), 0)
        shop.client.event(event="tunnel", state="failed")
        self.assertEqual(self.client(server, "9", "shop", link=self.second_link(server)).exit_code(), 1)
        self.assertEqual(self.tunnel(server, self.echo(), "shop", link=link).get().status, 200)

    def test_a_revoked_token_ends_a_draining_client(self):
        server = self.server()
        origin, _ = self.waiting_origin(b"quick")
        tunnel = self.tunnel(server, origin, "shop")
        visitor = tunnel.visit()
        visitor.request(target="/slow")
        origin.wait(lambda: origin.requests, "the request")
        tunnel.client.send(signal.SIGTERM)  # it waits for what is in flight
        wait_until(lambda: self.status(server, tunnel.host).status == 503, "the client draining")
        self.assertTrue(tunnel.client.alive())
        self.run_adit("token", "revoke", self.tokens(server)[0]["id"], "--data-dir", server.data)
        server.line("the token was revoked", timeout=5)
        wait_until(lambda: not tunnel.client.alive(), "the client ending", 5)

    def test_a_limit_of_names(self):
        server = self.server()
        link = self.second_link(server, "--max-names", "1")
        home, origin = self.directory("small"), self.echo()
        chosen = self.tunnel(server, origin, home=home, link=link)
        chosen.client.stop()
        # The name of the server's choice gives way, one that was asked for does not.
        shop = self.tunnel(server, origin, "shop", home=home, link=link)
        refused = self.client(server, "9", "blog", home=home, link=link)
        self.assertEqual(refused.exit_code(), 1)
        self.assertEqual(refused.event(event="tunnel", state="failed")["error"]["code"], "limit-exceeded")
        self.assertEqual(shop.get().status, 200)
        self.assertEqual(self.tunnel(server, origin, chosen.name).get().status, 200)

    def test_a_token_works_in_the_moment_it_is_made(self):
        server = self.server()
        for _ in range(3):
            link = self.second_link(server)
            client = self.client(server, "9", link=link)
            client.event(event="tunnel", state="online")
            client.stop()


if __name__ == "__main__":
    main()
