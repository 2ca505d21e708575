# SPDX-License-Identifier: Apache-2.0
"""As much of RFC 6455 as a test needs: the handshake of both ends, frames with masks, close."""

import base64
import hashlib
import os
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_key(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def frame(opcode, payload, mask=False):
    head = bytearray([0x80 | opcode])
    bit = 0x80 if mask else 0
    if len(payload) < 126:
        head.append(bit | len(payload))
    elif len(payload) < 1 << 16:
        head += bytes([bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", len(payload))
    if not mask:
        return bytes(head) + payload
    key = os.urandom(4)
    stream = (key * (len(payload) // 4 + 1))[: len(payload)]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(payload), "big")
    return bytes(head) + key + masked


def read_frame(wire):
    first, second = wire.exactly(2)
    size = second & 0x7F
    if size == 126:
        size, = struct.unpack(">H", wire.exactly(2))
    elif size == 127:
        size, = struct.unpack(">Q", wire.exactly(8))
    key = wire.exactly(4) if second & 0x80 else None
    payload = wire.exactly(size)
    if key:
        stream = (key * (size // 4 + 1))[:size]
        payload = (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")
    return first & 0x0F, payload


def upgrade_fields(key, **more):
    fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
    fields.update(more)
    return list(fields.items())


def connect(visitor, target="/socket"):
    """Upgrades a visitor's connection; returns the 101 answer after checking its key."""
    key = base64.b64encode(os.urandom(16)).decode()
    answer = visitor.request("GET", target, upgrade_fields(key, Origin="http://app.example")).start()
    if answer.status == 101:
        assert answer.get("sec-websocket-accept") == accept_key(key), answer
        assert (answer.get("upgrade") or "").lower() == "websocket", answer
        assert "upgrade" in (answer.get("connection") or "").lower(), answer
    return answer


def accept(connection, request):
    connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    f"Sec-WebSocket-Accept: {accept_key(request.get('sec-websocket-key'))}\r\n\r\n")


def echo_origin(connection):
    """Echoes messages; answers pings; closes as asked. Other requests get a plain answer."""
    while (request := connection.request()) is not None:
        if (request.get("upgrade") or "").lower() != "websocket":
            connection.answer(b"plain")
            continue
        accept(connection, request)
        while True:
            opcode, payload = read_frame(connection)
            connection.send(frame(PONG if opcode == PING else opcode, payload))
            if opcode == CLOSE:
                return
