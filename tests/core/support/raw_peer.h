// SPDX-License-Identifier: Apache-2.0
#pragma once
// Raw byte streams for tests of what speaks HTTP/1.1: a peer that records and sends what it is told, and a
// listener that makes one of each connection. Live in the test's loop.

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/core/net/net_test_support.h"

namespace adit::test {

using net::test::runTurns;
using net::test::runUntil;

inline std::unique_ptr<net::EventLoop> makeLoop() { return net::test::makeLoop(); }

/// One end of a connection.
class RawPeer final : public net::Disposable, private net::StreamSocket::Handler {
 public:
  RawPeer(net::EventLoop& loop, std::uintptr_t nativeSocket)
      : m_socket(net::StreamSocket::adopt(loop, nativeSocket, *this)) {}
  /// Connects; the listener must exist.
  static std::unique_ptr<RawPeer> connect(net::EventLoop& loop, const net::SocketAddress& address) {
    auto socket = net::openSocket(address.family(), net::SocketType::Stream);
    if (!socket) std::abort();
    const int error = net::connectSocket(*socket, address);
    if (error != 0 && error != EINPROGRESS) std::abort();
    return std::make_unique<RawPeer>(loop, socket->release());
  }

  std::string received;
  bool ended = false;   ///< The other side sent FIN.
  bool failed = false;  ///< ... or cut the connection.

  void send(std::string_view text) { m_socket->sendCopy(asBytes(text)); }
  void finish() { m_socket->shutdownSend(); }
  void close() { m_socket->close(); }
  void abort() { m_socket->abort(); }
  void pause() { m_socket->pauseReading(net::PauseReason::PeerSlow); }
  void resume() { m_socket->resumeReading(net::PauseReason::PeerSlow); }
  [[nodiscard]] bool gone() const noexcept { return ended || failed; }
  [[nodiscard]] std::size_t queued() const noexcept { return m_socket->queuedBytes(); }
  [[nodiscard]] bool has(std::string_view text) const noexcept {
    return received.find(text) != std::string::npos;
  }

 private:
  void onData(Slice data) override { received += data.text(); }
  void onEndOfStream() override { ended = true; }
  void onSent(std::size_t) override {}
  void onSocketError(const Error&) override { failed = true; }

  std::unique_ptr<net::StreamSocket> m_socket;
};

/// Accepts on loopback (or a Unix path) and keeps what connected, oldest first.
class RawListener final : private net::StreamListener::Handler {
 public:
  explicit RawListener(net::EventLoop& loop,
                       const net::SocketAddress& bind = net::SocketAddress::loopback4(0))
      : m_loop(loop) {
    auto opened = net::StreamListener::open(loop, {bind}, *this);
    if (!opened) std::abort();
    m_listener = std::move(*opened);
  }
  [[nodiscard]] std::uint16_t port() const { return m_listener->localAddress().port(); }
  [[nodiscard]] std::size_t count() const noexcept { return m_peers.size(); }
  RawPeer& operator[](std::size_t index) { return *m_peers[index]; }
  /// Runs until there are so many connections.
  bool waitFor(std::size_t connections) {
    return runUntil(m_loop, [&] { return m_peers.size() >= connections; });
  }

 private:
  void onAccepted(std::uintptr_t nativeSocket, const net::SocketAddress&) override {
    m_peers.push_back(std::make_unique<RawPeer>(m_loop, nativeSocket));
  }
  net::EventLoop& m_loop;
  std::unique_ptr<net::StreamListener> m_listener;
  std::vector<std::unique_ptr<RawPeer>> m_peers;
};

}  // namespace adit::test
