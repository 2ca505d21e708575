# SPDX-License-Identifier: Apache-2.0
"""TLS for black-box tests: certificates made by openssl, and visitors that come by HTTPS."""

import os
import pathlib
import select
import socket
import ssl
import subprocess
import threading
import time

from .process import seconds
from .visitor import Visitor, Wire, connected


class Certificate:
    """A self-signed certificate in `directory`, for `names`."""

    def __init__(self, directory, stem, names, kind="ec", days=30):
        self.directory, self.stem = pathlib.Path(directory), stem
        self.cert = self.directory / f"{stem}.crt"
        self.key = self.directory / f"{stem}.key"
        self.make(names, kind, days)

    def make(self, names, kind="ec", days=30):
        """Makes it anew and puts both files in place by renaming."""
        algorithm = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "rsa": ["rsa:2048"]}[kind]
        new = [self.directory / f".{self.stem}.{part}" for part in ("crt", "key")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-days", str(days), "-subj", f"/CN={self.stem}",
                        "-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names),
                        "-out", new[0], "-keyout", new[1]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        os.chmod(new[1], 0o600)
        new[0].replace(self.cert)
        new[1].replace(self.key)

    @property
    def options(self):
        return ["--cert", self.cert, "--key", self.key]

    def der(self):
        return ssl.PEM_cert_to_DER_cert(self.cert.read_text())


def trusting(*certificates, version=None, alpn=None):
    """A client's context that believes these certificate files and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= 0x80000  # X509_V_FLAG_PARTIAL_CHAIN: a self-signed certificate may be trusted as it is
    for path in certificates:
        context.load_verify_locations(path)
    if version:
        context.minimum_version = context.maximum_version = version
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


class SharedTls:
    """A TLS socket that one thread may write while another reads: the library's object is used by one at a time, and waiting
    is done outside of it. All else is the socket's own."""

    def __init__(self, wrapped):
        self._tls, self._lock, self._timeout = wrapped, threading.Lock(), None
        wrapped.setblocking(False)

    def __getattr__(self, name):
        return getattr(self._tls, name)

    @property
    def suppress_ragged_eofs(self):
        return self._tls.suppress_ragged_eofs

    @suppress_ragged_eofs.setter
    def suppress_ragged_eofs(self, value):
        self._tls.suppress_ragged_eofs = value

    def settimeout(self, timeout):
        self._timeout = timeout

    def _until_done(self, step):
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        while True:
            try:
                with self._lock:
                    return step()
            except ssl.SSLWantReadError:
                waits = ([self._tls], [])
            except ssl.SSLWantWriteError:
                waits = ([], [self._tls])
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise socket.timeout("timed out")
            # In short turns: what is waited for may be done by the other thread.
            select.select(*waits, [], 0.2 if left is None else min(left, 0.2))

    def recv(self, size):
        return self._until_done(lambda: self._tls.recv(size))

    def sendall(self, data):
        rest = memoryview(data)
        while rest:
            piece = rest[:16384]  # a piece that was not taken is offered again as it was
            rest = rest[self._until_done(lambda: self._tls.send(piece)):]

    def unwrap(self):
        return self._until_done(self._tls.unwrap)


class TlsVisitor(Visitor):
    """A visitor by HTTPS. `server_name` is what it asks for and checks; the Host field is `host`."""

    def __init__(self, address, host, context, server_name=None, session=None, timeout=15, source=None, receive_buffer=None):
        self.host = host
        plain = connected(address, timeout, source, receive_buffer)
        try:
            wrapped = context.wrap_socket(plain, server_hostname=server_name or host.split(":")[0], session=session)
        except BaseException:
            plain.close()
            raise
        Wire.__init__(self, SharedTls(wrapped), timeout)

    def finish_sending(self):
        raise NotImplementedError("Python's ssl has no half-close")


class Issued:
    """A certificate with its key: `cert` and `key` are files."""

    def __init__(self, cert, key):
        self.cert, self.key = cert, key


class Authority:
    """A certificate authority of a test's own; `file` is what a client is told to believe."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.file, self._key = self.directory / "ca.crt", self.directory / "ca.key"
        self._openssl("req", "-x509", *self._new, "-nodes", "-days", "30", "-subj", "/CN=Test CA", "-out", self.file, "-keyout", self._key)

    _new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def issue(self, stem, names, days=30):
        """`names` as openssl writes them, such as DNS:localhost and IP:127.0.0.1. With days below 0 it has expired."""
        cert, key, request = (self.directory / f"{stem}.{part}" for part in ("crt", "key", "csr"))
        self._openssl("req", *self._new, "-nodes", "-subj", f"/CN={stem}", "-addext", "subjectAltName=" + ",".join(names),
                      "-out", request, "-keyout", key)
        self._openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-CAcreateserial", "-days", days,
                      "-copy_extensions", "copy", "-out", cert)
        os.chmod(key, 0o600)
        return Issued(cert, key)
