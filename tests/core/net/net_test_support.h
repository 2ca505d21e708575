// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the net tests share: a loop that runs until something is true, and connected pairs of sockets on
// loopback.

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <uv.h>

#include "core/net/event_loop.h"
#include "core/net/native_socket.h"
#include "core/net/stream_socket.h"

namespace adit::net::test {

inline std::unique_ptr<EventLoop> makeLoop(LoopParams params = {}) {
  auto loop = EventLoop::create(params);
  return loop ? std::move(*loop) : nullptr;
}

/// Runs blocking turns until `done`; false when that does not come true in a time no healthy machine needs.
inline bool runUntil(EventLoop& loop, const std::function<bool()>& done) {
  int ticks = 0;
  // Wakes the loop now and then: what `done` waits for may have happened just before the loop began to sleep.
  Timer tick(loop, [&] {
    ++ticks;
    tick.start(std::chrono::milliseconds(20));
  });
  tick.start(std::chrono::milliseconds(20));
  while (!done() && ticks < 1000) uv_run(loop.native(), UV_RUN_ONCE);
  return done();
}

inline void runTurns(EventLoop& loop, int turns) {
  for (int i = 0; i < turns; ++i) loop.runOnce();
}

/// Two connected descriptors; loopback connects without waiting once the listener exists.
inline std::pair<NativeSocket, NativeSocket> connectedPair(const SocketAddress& bind) {
  auto listener = openSocket(bind.family(), SocketType::Stream);
  if (!listener || bindSocket(*listener, bind) != 0 || listenSocket(*listener, 1) != 0) return {};
  auto client = openSocket(bind.family(), SocketType::Stream);
  const int error = client ? connectSocket(*client, localAddressOf(*listener)) : EINVAL;
  if (error != 0 && error != EINPROGRESS) return {};
  NativeSocket server;
  SocketAddress peer;
  while (wouldBlock(acceptSocket(*listener, server, peer))) {
  }
  return {std::move(*client), std::move(server)};
}

/// Remembers what a stream socket tells.
struct Recorder final : StreamSocket::Handler {
  std::string received;
  std::size_t dataCalls = 0;
  std::size_t sent = 0;
  int ends = 0;
  int errors = 0;
  Error lastError;
  std::function<void(Slice&)> onDataHook;
  std::function<void()> onEndHook;
  std::function<void(std::size_t)> onSentHook;

  void onData(Slice data) override {
    ++dataCalls;
    received += data.text();
    if (onDataHook) onDataHook(data);
  }
  void onEndOfStream() override {
    ++ends;
    if (onEndHook) onEndHook();
  }
  void onSent(std::size_t count) override {
    sent += count;
    if (onSentHook) onSentHook(count);
  }
  void onSocketError(const Error& error) override {
    ++errors;
    lastError = error;
  }
};

}  // namespace adit::net::test
