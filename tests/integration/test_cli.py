# SPDX-License-Identifier: Apache-2.0
"""The commands as a person or a script meets them: the embedded default, two machines, where a join link may come from, and
clear errors with exit codes 2 (usage, configuration) and 1 (the rest)."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import urllib.parse

from support.case import AditCase, Server, Tunnel, main
from support.http2 import Visitor2
from support.process import Address, Program, binary, private_environment, required, wait_until
from support.tls import trusting


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


class Embedded(AditCase):
    def expose(self, *arguments, env=None):
        client = self.run_adit(*arguments, "--json", env=env)
        event = client.event(event="tunnel", state="online")
        url = urllib.parse.urlsplit(event["url"])
        return client, event, Tunnel(self, client, Address("127.0.0.1", url.port or 80), event)

    def test_http_port_is_all_it_takes(self):
        origin = self.echo()
        _, event, tunnel = self.expose("http", str(origin.port))
        self.assertRegex(event["url"], r"^http://[a-z0-9-]+\.localhost:\d+/?$")
        self.assertEqual(tunnel.get("/hello").status, 200)
        self.assertEqual(origin.requests[-1].target, "/hello")

    def test_name_is_kept(self):
        origin = self.echo()
        _, event, tunnel = self.expose("http", str(origin.port), "--name", "shop")
        self.assertEqual(event["name"], "shop")
        self.assertTrue(event["url"].startswith("http://shop.localhost:"))
        self.assertEqual(tunnel.get().status, 200)

    def test_targets(self):
        origin = self.echo()
        path = str(self.directory("unix") / "app.sock")
        local = self.echo(path=path)
        for target, where in ((f"127.0.0.1:{origin.port}", origin), (f"localhost:{origin.port}", origin),
                              (f"http://127.0.0.1:{origin.port}", origin), (f"unix:{path}", local)):
            with self.subTest(target):
                client, _, tunnel = self.expose("http", target)
                before = len(where.requests)
                self.assertEqual(tunnel.get().status, 200)
                self.assertEqual(len(where.requests), before + 1)
                client.stop()

    def test_a_second_one_chooses_another_port(self):
        first_origin, second_origin = self.echo(), self.echo()
        _, one, first = self.expose("http", str(first_origin.port), "--name", "one", env=private_environment(self.directory("a")))
        _, two, second = self.expose("http", str(second_origin.port), "--name", "two", env=private_environment(self.directory("b")))
        self.assertNotEqual(first.http, second.http)
        self.assertEqual(first.get().status, 200)
        self.assertEqual(second.get().status, 200)

    def test_the_target_keeps_its_port(self):
        """By IPv6 only, and not started yet: the embedded server must not be what answers at the target's port."""
        origin = self.echo(host="::1")
        client, event, tunnel = self.expose("http", str(origin.port), "--http-port", str(origin.port))
        self.assertNotEqual(tunnel.http.port, origin.port, event)
        self.assertEqual(tunnel.get("/six").status, 200)
        self.assertEqual(origin.requests[-1].target, "/six")
        client.stop()

        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        _, event, tunnel = self.expose("http", str(port), "--http-port", str(port))
        self.assertNotEqual(tunnel.http.port, port, event)
        self.assertEqual(tunnel.get("/early").status, 502)
        late = self.echo(port=port)
        self.assertEqual(tunnel.get("/late").status, 200)
        self.assertEqual(late.requests[-1].target, "/late")

    def test_a_port_that_is_used_by_ipv6_is_left(self):
        origin = self.echo()
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
            port = other.getsockname()[1]
            _, event, tunnel = self.expose("http", str(origin.port), "--http-port", str(port))
        self.assertNotEqual(tunnel.http.port, port, event)
        self.assertEqual(tunnel.get().status, 200)

    def test_for_people_the_address_is_printed(self):
        origin = self.echo()
        client = self.run_adit("http", str(origin.port), "--name", "people")
        self.assertIn("http://people.localhost:", client.line("http://people.localhost:"))

    def test_the_port_alone_leads_to_the_tunnel(self):
        """Names below localhost are resolved by browsers; Python, for one, asks the system, which does not know them."""
        origin = self.echo()
        state = self.directory("state")
        client = self.run_adit("http", str(origin.port), "--name", "shop", "--https", "--state-dir", state, "--json")
        event = client.event(event="tunnel", state="online")
        secure = urllib.parse.urlsplit(event["localUrl"])
        self.assertEqual((secure.scheme, secure.hostname), ("https", "localhost"))
        context = trusting(state / "https.crt")
        visitor = http.client.HTTPSConnection("localhost", secure.port, timeout=10, context=context)
        self.addCleanup(visitor.close)
        visitor.request("GET", "/secure")
        self.assertEqual(visitor.getresponse().status, 200)
        client.stop()

        _, event, tunnel = self.expose("http", str(origin.port), "--name", "shop")
        port = urllib.parse.urlsplit(event["url"]).port
        self.assertEqual(event["localUrl"], f"http://localhost:{port}")
        hosts = ["localhost", "127.0.0.1"]
        if has_ipv6():
            hosts.append("::1")
        for host in hosts:
            with self.subTest(host):
                visitor = http.client.HTTPConnection(host, port, timeout=10)
                self.addCleanup(visitor.close)
                visitor.request("GET", f"/{host}")
                self.assertEqual(visitor.getresponse().status, 200)
                self.assertEqual(origin.requests[-1].target, f"/{host}")
        # A page of a stranger whose name leads here (DNS rebinding) says that name.
        for host in ("rebound.example", f"rebound.example:{port}", "127.0.0.2", "other.localhost"):
            self.assertEqual(tunnel.visit(host=host).get().status, 404, host)
        visitor = Visitor2(("127.0.0.1", port), f"localhost:{port}")
        self.addCleanup(visitor.close)
        self.assertEqual(visitor.request("GET", "/two").status, 200)

    def test_a_server_of_its_own_knows_no_loopback_hosts(self):
        server = self.server(domain="localhost")
        tunnel = self.tunnel(server, self.echo(), "shop")
        self.assertEqual(tunnel.get().status, 200)
        for host in ("localhost", "127.0.0.1", "[::1]"):
            self.assertEqual(tunnel.visit(host=f"{host}:{server.http.port}").get().status, 404, host)

    def test_for_people_the_address_without_a_name_is_printed(self):
        client = self.run_adit("http", str(self.echo().port), "--name", "people")
        port = urllib.parse.urlsplit(client.line("http://people.localhost:").split()[1]).port
        self.assertIn(f"curl http://localhost:{port}", client.line("curl "))

    def test_via_is_added_where_it_is_asked_for(self):
        origin = self.echo()
        for option, via in ((), None), (("--via",), "1.1 adit"):
            client, _, tunnel = self.expose("http", str(origin.port), *option)
            self.assertEqual(tunnel.get().status, 200)
            self.assertEqual(origin.requests[-1].get("via"), via)
            client.stop()

    def test_it_listens_on_loopback_only(self):
        origin = self.echo()
        client, _, _ = self.expose("http", str(origin.port))
        inodes = {os.readlink(entry)[8:-1] for entry in pathlib.Path(f"/proc/{client.pid}/fd").iterdir() if os.readlink(entry).startswith("socket:[")}
        for table in ("tcp", "udp", "tcp6", "udp6"):
            path = pathlib.Path(f"/proc/net/{table}")
            loopback = "00000000000000000000000001000000:" if table.endswith("6") else "0100007F:"
            for line in path.read_text().splitlines()[1:] if path.exists() else ():
                column = line.split()
                if column[9] in inodes and (table.startswith("udp") or column[3] == "0A"):
                    self.assertTrue(column[1].startswith(loopback), line)

    def test_demo_answers(self):
        client = self.run_adit("demo", "--json")
        event = client.event(event="tunnel", state="online")
        tunnel = Tunnel(self, client, Address("127.0.0.1", urllib.parse.urlsplit(event["url"]).port), event)
        answer = tunnel.get()
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.body)


class TwoMachines(AditCase):
    def listen(self):
        return ("--quic-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0")

    def test_ready_names_what_it_bound(self):
        server = self.server()
        self.assertEqual(set(server.ready) & {"event", "quic", "http", "join"}, {"event", "quic", "http", "join"})
        self.assertEqual(server.events[0]["event"], "ready")
        self.assertGreater(server.http.port, 0)
        self.assertGreater(server.quic.port, 0)
        self.assertRegex(server.link, r"^adit://[A-Za-z0-9_-]{20,}@127\.0\.0\.1:\d+/?\?pin=sha256:[A-Za-z0-9_-]+$")

    def test_secret_files_are_private(self):
        server = self.server()
        files = [path for path in server.data.rglob("*") if path.is_file()]
        self.assertTrue(files)
        for path in files:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)
        token = urllib.parse.urlsplit(server.join).netloc.rpartition("@")[0]
        self.assertNotIn(token, (server.data / "tokens.json").read_text(), "what a login is checked against holds hashes only")

    def test_for_people_the_join_link_is_printed_once(self):
        server = self.server()
        token = urllib.parse.urlsplit(server.join).netloc.rpartition("@")[0]
        server.stop()
        again = self.run_adit("--server", "--data-dir", server.data, *self.listen())
        again.line("visitors")
        self.assertNotIn(token, again.text())

    def test_a_start_that_failed_does_not_cost_the_link(self):
        data = self.directory("server")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            failed = self.run_adit("--server", "--data-dir", data, "--quic-listen", "127.0.0.1:0",
                                   "--http-listen", f"127.0.0.1:{taken.getsockname()[1]}")
            self.assertEqual(failed.exit_code(), 1, failed.text())
        self.run_adit("--server", "--data-dir", data, *self.listen()).line("adit://")

    def json_server(self, data, *arguments, **env):
        """A server for a program, and what it said when it was ready."""
        server = self.run_adit("--server", "--data-dir", data, *self.listen(), "--json", *arguments, env=self.environment(**env))
        return server, server.event(event="ready")

    def test_for_programs_the_link_is_in_ready_only_when_asked_for(self):
        for arguments, env in ((("--print-join",), {}), ((), {"ADIT_PRINT_JOIN": "1"})):
            data = self.directory("server")
            for _ in range(2):
                server, ready = self.json_server(data, ADIT_PRINT_JOIN="")
                self.assertNotIn("join", ready)
                self.assertNotIn("adit://", server.text())
                self.assertTrue((data / "first-token").exists(), "nobody has seen it yet")
                server.stop()
            server, ready = self.json_server(data, *arguments, **env)
            token = urllib.parse.urlsplit(ready["join"]).username
            wait_until(lambda data=data: not (data / "first-token").exists(), "the token being deleted")
            self.assertFalse([path for path in data.rglob("*") if path.is_file() and token in path.read_text(errors="replace")])
            server.stop()
            server, ready = self.json_server(data, *arguments, **env)
            self.assertNotIn("join", ready)
            server.line("adit token create")
            server.stop()

    def test_the_first_token_is_not_kept_once_people_saw_it(self):
        data = self.directory("server")
        server = self.run_adit("--server", "--data-dir", data, *self.listen())
        server.line("adit://")
        wait_until(lambda: not (data / "first-token").exists(), "the token being deleted")
        server.stop()
        again = self.run_adit("--server", "--data-dir", data, *self.listen(), "--print-join")
        again.line("adit token create")
        self.assertNotIn("adit://", again.text())

    def test_a_data_directory_has_one_server(self):
        server = self.server()
        for executable in ("adit", "adit-server"):
            second = self.run_adit("--server", "--data-dir", server.data, *self.listen(), executable=executable)
            self.assertEqual(second.exit_code(), 1, second.text())
            self.assertIn(f"adit (pid {server.pid})", second.text())
        server.kill()
        Server(self, data=server.data)

    def test_a_hang_up_reloads_a_server(self):
        # Programs inherit it: the tests themselves may run under nohup.
        self.addCleanup(signal.signal, signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_DFL))
        server = self.server()
        for _ in range(2):
            mark = len(server.lines)
            server.send(signal.SIGHUP)
            wait_until(lambda mark=mark: any("SIGHUP" in text for _, text in server.lines[mark:]), "the line in the log")
        self.assertEqual(self.tunnel(server, self.echo()).get().status, 200)
        server.send(signal.SIGTERM)
        self.assertEqual(server.exit_code(), 0)

    def test_key_and_token_live_on(self):
        server = self.server()
        server.stop()
        again = Server(self, data=server.data)
        again.join = self.link_to(server.join, again.quic)
        self.assertEqual(self.tunnel(again, self.echo()).get().status, 200)

    def test_for_people_the_server_says_the_link(self):
        data = self.directory("server")
        server = self.run_adit("--server", "--data-dir", data, "--quic-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0",
                               "--domain", "t.example.com")
        server.line("adit://")

    def test_programs_without_standard_streams(self):
        data = self.directory("server")
        for executable in ("adit", "adit-server"):
            server = self.owns(Program(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", binary(executable), "--server", "--data-dir", data / executable,
                                        *self.listen()], self.environment()))
            wait_until((data / executable / "join-address").exists, "the server listening")
            server.send(signal.SIGTERM)
            self.assertEqual(server.exit_code(), 0)

    def test_adit_server_is_the_same_server(self):
        data = self.directory("server")
        server = self.run_adit("--data-dir", data, "--quic-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--json",
                               "--domain", "t.example.com", "--print-join", executable="adit-server")
        self.assertIn("join", server.event(event="ready"))

    def test_terminal_and_server_need_no_display_libraries(self):
        for name in ("adit", "adit-server"):
            libraries = subprocess.run(["ldd", binary(name)], capture_output=True, text=True, check=True).stdout
            for forbidden in ("Qt6", "libX11", "libGL", "libwayland"):
                self.assertNotIn(forbidden, libraries, name)

    def test_without_a_display_the_window_is_refused(self):
        window = self.run_adit("--minimized", env=private_environment(self.directory("home"), QT_QPA_PLATFORM=""))
        self.assertEqual(window.exit_code(), 2)
        self.assertRegex(window.text(), "display|adit-window")

    def test_the_window_is_a_program_beside_adit(self):
        place = self.directory("bin")
        shutil.copy(binary("adit"), place / "adit")
        env = private_environment(self.directory("home"), QT_QPA_PLATFORM="offscreen")
        alone = subprocess.run([place / "adit", "--minimized"], capture_output=True, text=True, env=env, timeout=30)
        self.assertEqual(alone.returncode, 2)
        self.assertIn("adit-window", alone.stderr)
        self.assertIn("Usage", subprocess.run([place / "adit"], capture_output=True, text=True, env=env, timeout=30).stdout)
        window = place / "adit-window"
        window.write_text('#!/bin/sh\necho "window $*"\nexit 7\n')
        window.chmod(0o755)
        for arguments in ([], ["--minimized"]):
            there = subprocess.run([place / "adit", *arguments], capture_output=True, text=True, env=env, timeout=30)
            self.assertEqual((there.stdout.split(), there.returncode), (["window", *arguments], 7))

    def test_a_second_window_of_a_directory_raises_the_first(self):
        if not pathlib.Path(binary("adit")).with_name("adit-window").exists():
            self.skipTest("built without the window")
        env = private_environment(self.directory("home"), QT_QPA_PLATFORM="offscreen")
        state = self.directory("state")
        first = self.run_adit("--state-dir", state, env=env)
        first.line("logged in")
        for same in (state, f"{state}/", state / ".." / state.name):
            self.assertEqual(self.run_adit("--state-dir", same, env=env).exit_code(), 0, same)
        self.assertTrue(first.alive())

    def join_by(self, *arguments, stdin=None, home=None, **env):
        origin = self.echo()
        home = home or self.directory("client")
        client = self.run_adit("http", str(origin.port), "--json", *arguments, stdin=stdin, env=private_environment(home, **env))
        event = client.event(event="tunnel", state="online")
        self.assertIn(".t.example.com", event["url"])
        return client

    def test_link_from_standard_input(self):
        self.join_by("--join-file", "-", stdin=self.server().join + "\n")

    def test_a_line_is_enough_where_standard_input_stays_open(self):
        server, origin = self.server(), self.echo()
        for arguments in (("join",), ("http", str(origin.port), "--json", "--join-file", "-")):
            program = self.run_adit(*arguments, stdin=server.join + "\n", keep_open=True)
            if arguments[0] == "join":
                self.assertEqual(program.exit_code(), 0, program.text())
            else:
                program.event(event="tunnel", state="online")

    def test_a_signal_ends_the_wait_for_a_link(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            program = self.run_adit("http", "3000", "--json", "--join-file", "-", stdin="", keep_open=True)
            wait_until(lambda program=program: self.reads_standard_input(program), "the wait for standard input")
            program.send(number)
            self.assertEqual(program.exit_code(), -number, program.text())

    @staticmethod
    def reads_standard_input(program):
        call = pathlib.Path(f"/proc/{program.pid}/syscall").read_text().split()
        return call[1:2] == ["0x0"]  # read(0, ...), whatever number read has here

    def test_a_profile_that_was_named_goes_before_the_environment(self):
        named, other = self.server(), self.server(domain="other.example.com")
        home = self.directory("client")
        join = self.run_adit("join", "--profile", "work", "--join-file", self.join_file(named.join), env=private_environment(home))
        self.assertEqual(join.exit_code(), 0, join.text())
        self.assertIn("--profile work", join.text())
        self.join_by("--profile", "work", home=home, ADIT_JOIN=other.join)

    def test_link_from_the_environment(self):
        self.join_by(ADIT_JOIN=self.server().join)

    def test_link_from_a_profile(self):
        server = self.server()
        origin = self.echo()
        home = self.directory("client")
        join = self.run_adit("join", "--join-file", self.join_file(server.join), env=private_environment(home))
        self.assertEqual(join.exit_code(), 0, join.text())
        stored = [path for path in home.rglob("*") if path.is_file()]
        token = urllib.parse.urlsplit(server.join).netloc.rpartition("@")[0]
        self.assertNotIn(token, join.text())
        for path in stored:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)
        client = self.run_adit("http", str(origin.port), "--json", "--name", "stored", env=private_environment(home))
        self.assertIn("stored.t.example.com", client.event(event="tunnel", state="online")["url"])

    def test_a_profile_lies_in_the_profiles_folder(self):
        home, state = self.directory("client"), self.directory("state")
        for arguments, expected in ((("--profile", "work"), "work.toml"), ((), "default.toml")):
            join = self.run_adit("join", "--state-dir", state, *arguments, stdin=self.server().join + "\n", env=private_environment(home))
            self.assertEqual(join.exit_code(), 0, join.text())
            self.assertTrue((state / "profiles" / expected).is_file(), sorted(state.rglob("*")))
        self.assertFalse([path for path in (state / "profiles").iterdir() if path.is_dir()])

    def test_join_reads_standard_input(self):
        home = self.directory("client")
        join = self.run_adit("join", "--join-file", "-", stdin=self.server().join + "\n", env=private_environment(home))
        self.assertEqual(join.exit_code(), 0, join.text())

    def test_secrets_are_not_in_logs_or_argv(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo())
        token = urllib.parse.urlsplit(server.join).netloc.rpartition("@")[0]
        self.assertNotIn(token, tunnel.client.text())
        self.assertNotIn(token, server.text("err"))
        for program in (server, tunnel.client):
            self.assertNotIn(token.encode(), pathlib.Path(f"/proc/{program.pid}/cmdline").read_bytes())

    def test_every_json_line_is_an_object(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo())
        tunnel.get()
        tunnel.client.stop()
        server.stop()
        for program in (server, tunnel.client):
            for line in program.plain("out").splitlines():
                self.assertIn("event", json.loads(line))


class Refusals(AditCase):
    def fails(self, code, *arguments, words=(), env=None, stdin=None, executable="adit", timeout=15):
        program = self.run_adit(*arguments, env=env, stdin=stdin, executable=executable)
        self.assertEqual(program.exit_code(timeout), code, program.text())
        text = program.text().lower()
        for word in words:
            self.assertIn(str(word).lower(), text)
        self.assertNotIn("terminate called", text)
        return program

    def listen(self):
        return ("--quic-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0")

    def test_usage(self):
        for arguments, words in (
                (("http",), ()),
                (("--no-such-option",), ("no-such-option",)),
                (("http", "3000", "--bogus"), ("'--bogus' of 'http'",)),
                (("http", "3000", "--nam", "shop"), ("adit: there is no option '--nam'", "'--name'")),
                (("--sever", "--domain=x.test"), ("'--sever'", "did you mean '--server'?")),
                (("--server", "--domian=x.test"), ("'--domian'", "did you mean '--domain'?")),
                (("htp", "3000"), ("there is no command 'htp'; did you mean 'http'?",)),
                (("3000",), ("did you mean 'adit http 3000'?",)),
                (("token", "creat", "jane"), ("'creat'", "did you mean 'create'?")),
                (("http", "3000", "4000"), ("unexpected argument '4000'",)),
                (("http", "3000", "--http-port", "70000"), ("--http-port", "70000", "65535")),
                (("http", "not a target!"), ()),
                (("http", "70000"), ("70000",)),
                (("http", "0"), ()),
                (("http", "ftp://localhost:21"), ("ftp",)),
                (("http", "3000", "--name", "Not_A_Label!"), ("Not_A_Label!",)),
                (("http", "3000", "--name", "-x"), ()),
                (("http", "3000", "--join-file", "/nonexistent/link"), ("/nonexistent/link",)),
                (("--server", "--data-dir", str(self.directory("d")), "--quic-listen", "nonsense"), ("nonsense",)),
                (("--server", "--data-dir", str(self.directory("d")), *self.listen(), "--domain", "bad domain"), ("bad domain",)),
                (("token", "list", "--data-dir", "/nonexistent/adit"), ("/nonexistent/adit", "--data-dir")),
                (("token", "create", "--data-dir", "/nonexistent/adit"), ("/nonexistent/adit", "--data-dir")),
                (("--server", "http", "3000"), ("--server",)),
                (("--server", "--data-dir", str(self.directory("d")), *self.listen(), "--workers", "many"), ())):
            with self.subTest(arguments):
                self.fails(2, *arguments, words=words)
        self.assertFalse(pathlib.Path("/nonexistent/adit").exists(), "a token for no server was made")

    def test_options_of_the_embedded_server_do_not_go_unheard(self):
        server = self.server()
        file = self.join_file(server.join)
        for option in (("--http-port", "0"), ("--https",), ("--via",)):
            self.fails(2, "http", "3000", "--join-file", file, *option, words=(option[0], "--embedded"))

    def test_options_before_the_command_hold(self):
        client = self.run_adit("--json", "http", "3000", "--http-port", "0")
        client.event(event="tunnel", state="online")

    def test_help_and_version(self):
        for arguments in (("--help",), ("http", "--help"), ("--version",)):
            program = self.fails(0, *arguments)
            self.assertTrue(program.plain("out").strip())
        self.assertRegex(self.fails(0, "--version").plain("out"), r"\d+\.\d+\.\d+")

    def test_bad_links_never_show_the_token(self):
        token = "S3cretS3cretS3cretS3cretS3cretS3cretS3cret0"
        pin = "sha256:" + "A" * 43
        for link in (f"http://{token}@h:1?pin={pin}", f"adit://{token}@h:1", f"adit://{token}@h:99999?pin={pin}", f"adit://{token}@:1?pin={pin}",
                     f"adit://{token}@h:1?pin=md5:abc", f"adit://{token}@h:1?pin=sha256:short", "adit://@h:1?pin=" + pin, "", "\0\0"):
            with self.subTest(link):
                program = self.fails(2, "http", "3000", "--join-file", "-", stdin=link + "\n")
                self.assertNotIn(token, program.text())

    def test_links_as_arguments_are_not_repeated(self):
        token = "S3cretS3cretS3cretS3cretS3cretS3cretS3cret0"
        link = f"adit://{token}@h:1?pin=sha256:" + "A" * 43
        for arguments in (("join", link), (link,), ("http", link), ("http", "3000", link), ("http", "3000", "--join-file", link),
                          ("join", f" '{link}'"), ("join", "ADIT" + link[4:]), ("http", "3000", "--profile", link),
                          ("http", "3000", "--name", link), ("http", "3000", "--http-port", link), (f"--json={link}", "demo"),
                          ("--server", "--public-host", link), ("--server", "--limit", link), ("--server", "--quic-listen", link)):
            with self.subTest(arguments):
                program = self.fails(2, *arguments, words=["'adit join' and paste"])
                self.assertNotIn(token, program.text())

    def test_ports_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.fails(1, "--server", "--data-dir", self.directory("d"), "--quic-listen", "127.0.0.1:0",
                       "--http-listen", f"127.0.0.1:{port}", words=[port])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            self.fails(1, "--server", "--data-dir", self.directory("d"), "--quic-listen", f"127.0.0.1:{port}",
                       "--http-listen", "127.0.0.1:0", words=[port])

    def test_address_that_is_not_ours(self):
        self.fails(1, "--server", "--data-dir", self.directory("d"), "--quic-listen", "127.0.0.1:0",
                   "--http-listen", "192.0.2.1:0", words=["192.0.2.1"])

    def test_key_files_that_others_can_touch(self):
        server = self.server()
        server.stop()
        files = [path for path in server.data.rglob("*") if path.is_file()]
        secret = [path for path in files if b"PRIVATE KEY" in path.read_bytes()]
        self.assertTrue(secret, files)
        for mode in (0o660, 0o644):
            secret[0].chmod(mode)
            with self.subTest(oct(mode)):
                self.fails(2, "--server", "--data-dir", server.data, *self.listen(), words=[secret[0].name])

    def test_join_file_that_others_can_read(self):
        server = self.server()
        path = self.join_file(server.join)
        path.chmod(0o644)
        self.fails(2, "http", "3000", "--join-file", path, words=[path.name])

    def test_broken_key_file(self):
        server = self.server()
        server.stop()
        for path in [path for path in server.data.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]:
            path.write_bytes(b"-----BEGIN PRIVATE KEY-----\ngarbage\n-----END PRIVATE KEY-----\n")
            self.fails(2, "--server", "--data-dir", server.data, *self.listen(), words=[path.name])

    def test_data_directory_that_cannot_be_made(self):
        file = self.directory("d") / "file"
        file.write_text("x")
        self.fails(2, "--server", "--data-dir", file / "below", *self.listen(), words=["file"])

    def test_a_place_that_cannot_be_written_names_the_option(self):
        # Nobody makes directories in /sys, not even root.
        env = private_environment(self.directory("home"), XDG_STATE_HOME="/sys/adit-test")
        link = self.server().join
        for arguments, option in ((("http", "3000"), "--state-dir"), (("join",), "--state-dir"),
                                  (("--server", *self.listen()), "--data-dir")):
            self.fails(2, *arguments, env=env, stdin=link + "\n" if arguments == ("join",) else None, words=["/sys/adit-test", option])

    def test_full_disk(self):
        self.fails_on_a_full_disk(8, "server.key")

    def test_full_disk_at_the_certificate_for_visitors(self):
        # The server's key and secrets fit; what is made for HTTPS next does not.
        self.fails_on_a_full_disk(16, "https.crt", "--https-listen", "127.0.0.1:0")

    def fails_on_a_full_disk(self, kibibytes, file, *arguments):
        required("unshare")
        directory = self.directory("full")
        # A page for each file that fits. Needs a mount namespace of our own.
        script = f'mount -t tmpfs -o size={kibibytes}k,mode=700 none "$1" && shift && exec "$@"'
        unshare = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run([*unshare, "mount", "-t", "tmpfs", "none", directory], capture_output=True, check=False).returncode != 0:
            self.skipTest("no mount namespace may be made here")
        program = self.owns(Program([*unshare, "sh", "-c", script, "sh", directory, binary("adit"), "--server", "--data-dir", directory,
                                     *self.listen(), "--json", *arguments], self.environment()))
        self.assertEqual(program.exit_code(), 1, program.text())
        self.assertIn("space", program.text().lower())
        self.assertIn(f"{directory.name}/{file}", program.text())

    def test_a_made_token_is_printed_as_a_link_that_joins(self):
        server, home = self.server(), self.directory("second")
        made = self.run_adit("token", "create", "jane", "--data-dir", server.data)
        self.assertEqual(made.exit_code(), 0)
        link = made.plain("out").strip()
        first, second = urllib.parse.urlsplit(server.join), urllib.parse.urlsplit(link)
        self.assertEqual((first.hostname, first.port, first.query), (second.hostname, second.port, second.query))
        self.assertNotEqual(first.username, second.username)
        file = self.directory("link") / "link"
        file.touch(0o600)
        file.write_text(link)
        client = self.owns(Program([binary("adit"), "http", "1", "--name", "second", "--join-file", file, "--json"], private_environment(home)))
        client.event(event="tunnel", state="online")

    def test_a_token_made_before_the_server_ever_ran(self):
        data = self.directory("data")
        made = self.run_adit("token", "create", "--data-dir", data, "--json")
        self.assertEqual(made.exit_code(), 0)
        token = made.event(event="token")
        self.assertNotIn("join", token)
        self.assertGreater(len(token["token"]), 20)

    def test_a_token_that_cannot_be_printed_is_no_success(self):
        server = self.server()
        with open("/dev/full", "w", encoding="utf-8") as full:
            made = subprocess.run([binary("adit"), "token", "create", "--data-dir", server.data], stdout=full, stderr=subprocess.PIPE, text=True,
                                  env=self.environment(), timeout=30, check=False)
        self.assertEqual(made.returncode, 1)
        self.assertIn("standard output: No space left", made.stderr)

    def test_a_profile_that_is_too_long_to_be_one(self):
        home = self.directory("client")
        self.run_adit("join", "--join-file", self.join_file(self.server().join), env=private_environment(home)).exit_code()
        profile, = home.rglob("default.toml")
        profile.write_text("#" * 100_000)
        self.fails(2, "http", "3000", env=private_environment(home), words=[profile.name, "longer"])

    def test_key_and_certificate_of_two_servers(self):
        one, other = self.server(), self.server()
        one.stop()
        shutil.copy(other.data / "server.crt", one.data / "server.crt")
        self.fails(2, "--server", "--data-dir", one.data, *self.listen(), words=["do not belong together"])

    def test_wrong_pin(self):
        server, other = self.server(), self.server()
        pin = urllib.parse.urlsplit(other.join).query
        link = urllib.parse.urlsplit(server.join)._replace(query=pin).geturl()
        client = self.client(server, "3000", link=link)
        self.assertEqual(client.exit_code(), 1, client.text())
        self.assertIn("pin", client.text().lower())

    def test_wrong_token(self):
        server = self.server()
        parts = urllib.parse.urlsplit(server.join)
        token, _, address = parts.netloc.rpartition("@")
        wrong = ("B" if token[0] == "A" else "A") + token[1:]
        client = self.client(server, "3000", link=parts._replace(netloc=f"{wrong}@{address}").geturl())
        self.assertEqual(client.exit_code(), 1, client.text())
        self.assertEqual(client.event(event="tunnel", state="failed")["error"]["code"], "token-unknown")
        self.assertIn("token", client.text().lower())
        self.assertNotIn(wrong, client.text())
        self.assertTrue(server.alive())

    def test_revoked_token(self):
        server = self.server()
        file = server.data / "tokens.json"
        tokens = json.loads(file.read_text())
        for entry in tokens["tokens"] if isinstance(tokens, dict) else tokens:
            entry["revoked"] = True
        new = file.with_suffix(".new")
        new.write_text(json.dumps(tokens))
        new.chmod(0o600)
        new.rename(file)
        client = self.client(server, "3000")
        self.assertEqual(client.exit_code(), 1, client.text())
        self.assertIn("revoked", client.text().lower())

    def test_a_token_revoked_while_it_is_used(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo(), "shop")
        self.assertEqual(tunnel.get().status, 200)
        identifier = json.loads((server.data / "tokens.json").read_text())["tokens"][0]["id"]
        revoked = self.run_adit("token", "revoke", identifier, "--data-dir", server.data)
        self.assertEqual(revoked.exit_code(), 0, revoked.text())
        self.assertEqual(tunnel.client.exit_code(30), 1, tunnel.client.text())
        self.assertIn("revoked", tunnel.client.text().lower())
        self.assertNotEqual(tunnel.get().status, 200)

    def test_name_held_by_another_key(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo(), "mine")
        other = self.client(server, "3000", "mine")
        event = other.event(event="tunnel", state="failed")
        self.assertIn("name-taken", json.dumps(event))
        self.assertEqual(other.exit_code(), 1, other.text())
        self.assertEqual(tunnel.get().status, 200)

    def test_no_server_there(self):
        server = self.server()
        server.stop()
        client = self.client(server, "3000")
        # The link may come back, so the client keeps trying and says so.
        client.event(event="tunnel", timeout=20)
        self.assertTrue(client.alive())


if __name__ == "__main__":
    main()
