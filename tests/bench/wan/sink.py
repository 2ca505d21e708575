# SPDX-License-Identifier: Apache-2.0
"""An origin for uploads: takes them, answers each with a 200, and notes in a shared file how many bytes came. sink.py PORT FILE"""

import mmap
import socket
import sys
import threading

lock = threading.Lock()


def serve(connection, counter):
    buffer = bytearray(1 << 18)
    rest = b""
    try:
        while True:
            while b"\r\n\r\n" not in rest:
                piece = connection.recv(65536)
                if not piece:
                    return
                rest += piece
            head, _, rest = rest.partition(b"\r\n\r\n")
            fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
            left = int(fields[b"content-length"])
            count = len(rest)
            rest = b""
            while True:
                with lock:
                    counter[:8] = (int.from_bytes(counter[:8], "little") + count).to_bytes(8, "little")
                left -= count
                if left <= 0:
                    break
                count = connection.recv_into(buffer, min(left, len(buffer)))
                if not count:
                    return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    except OSError:
        pass
    finally:
        connection.close()


def main():
    with open(sys.argv[2], "r+b") as file:
        counter = mmap.mmap(file.fileno(), 8)
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, counter), daemon=True).start()


if __name__ == "__main__":
    main()
