// SPDX-License-Identifier: Apache-2.0
#pragma once
// Two stream sockets of one loop, connected to each other, and what the stream tests do with them.

#include <algorithm>

#include <sys/select.h>

#include "tests/core/net/net_test_support.h"

namespace adit::net::test {

/// A reproducible byte pattern in which a lost, doubled or swapped block shows.
inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& c : text) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

struct StreamPair {
  std::unique_ptr<EventLoop> loop = makeLoop();
  Recorder left, right;
  std::unique_ptr<StreamSocket> a, b;

  explicit StreamPair(const SocketAddress& address = SocketAddress::loopback4(0)) {
    auto [client, server] = connectedPair(address);
    a = StreamSocket::adopt(*loop, client.release(), left);
    b = StreamSocket::adopt(*loop, server.release(), right);
  }
};

/// Fills `socket` until its kernel takes no more; returns what was queued in all.
inline std::size_t sendUntilBlocked(EventLoop& loop, StreamSocket& socket) {
  const std::string block = pattern(64 * 1024);
  std::size_t total = 0;
  for (int i = 0; i < 1000; ++i) {
    socket.sendCopy(asBytes(block));
    total += block.size();
    runTurns(loop, 2);
    if (socket.queuedBytes() > 256 * 1024) break;
  }
  return total;
}

/// Nothing is ready and nothing keeps the loop awake: the next turn would sleep.
inline bool pollsQuietly(EventLoop& loop) {
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t wakeups = loop.counters().wakeups;
    loop.runOnce();
    if (loop.counters().wakeups == wakeups && uv_backend_timeout(loop.native()) != 0) break;
  }
  fd_set ready;
  FD_ZERO(&ready);
  const int backend = uv_backend_fd(loop.native());
  FD_SET(backend, &ready);
  timeval now{};
  return select(backend + 1, &ready, nullptr, nullptr, &now) == 0;
}

}  // namespace adit::net::test
