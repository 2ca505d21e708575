// SPDX-License-Identifier: Apache-2.0
#pragma once
// An Engine with an origin and visitors of the test's own, which live in the test's loop; the engine has its
// threads.

#include <functional>
#include <optional>
#include <string>

#include <QTemporaryDir>

#include "core/engine/engine.h"
#include "tests/core/support/raw_peer.h"

namespace adit::test {

/// Answers every GET with its path, or holds the answers back.
class TinyOrigin {
 public:
  explicit TinyOrigin(net::EventLoop& loop) : m_listener(loop) {}
  [[nodiscard]] std::string target() const { return "127.0.0.1:" + std::to_string(m_listener.port()); }
  bool holds = false;
  /// To be called between turns: answers what came.
  void serve() {
    if (holds) return;
    for (std::size_t i = 0; i < m_listener.count(); ++i) {
      RawPeer& peer = m_listener[i];
      for (std::size_t end = peer.received.find("\r\n\r\n"); end != std::string::npos;
           end = peer.received.find("\r\n\r\n")) {
        const std::size_t path = peer.received.find(' ') + 1;
        const std::string body =
            "path " + peer.received.substr(path, peer.received.find(' ', path) - path) + ";";
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        peer.received.erase(0, end + 4);
        ++served;
      }
    }
  }
  [[nodiscard]] std::size_t waiting() {
    std::size_t count = 0;
    for (std::size_t i = 0; i < m_listener.count(); ++i) count += m_listener[i].has("\r\n\r\n") ? 1 : 0;
    return count;
  }
  [[nodiscard]] bool allGone() {
    for (std::size_t i = 0; i < m_listener.count(); ++i) {
      if (!m_listener[i].gone()) return false;
    }
    return true;
  }
  std::size_t served = 0;

 private:
  RawListener m_listener;
};

class EngineHarness {
 public:
  std::unique_ptr<net::EventLoop> loop = makeLoop();
  QTemporaryDir directory;
  TinyOrigin origin{*loop};
  std::vector<std::unique_ptr<RawPeer>> visitors;

  ~EngineHarness() { visitors.clear(); }

  engine::EngineParams params() {
    engine::EngineParams params;
    params.stateDirectory = directory.path().toStdString();
    params.embeddedHttpPort = 0;
    params.clientName = "test";
    return params;
  }
  std::unique_ptr<engine::Engine> start() { return engine::Engine::start(params()).value(); }
  bool until(const std::function<bool()>& done) {
    return runUntil(*loop, [&] {
      origin.serve();
      return done();
    });
  }
  static std::optional<engine::TunnelSnapshot> find(engine::Engine& engine, engine::TunnelId id) {
    for (auto& tunnel : engine.snapshot().tunnels) {
      if (tunnel.id == id) return tunnel;
    }
    return std::nullopt;
  }
  bool reaches(engine::Engine& engine, engine::TunnelId id, engine::TunnelState state) {
    return until([&] {
      const auto tunnel = find(engine, id);
      return tunnel && tunnel->state == state;
    });
  }
  bool linkReaches(engine::Engine& engine, engine::LinkState state) {
    return until([&] { return engine.snapshot().link.state == state; });
  }
  /// A visitor who asks `url` (http://name.localhost:port) for `path`; resolved by hand.
  RawPeer& visit(const std::string& url, const std::string& path) {
    const std::string authority = url.substr(std::string("http://").size());
    const auto port = static_cast<std::uint16_t>(std::stoi(authority.substr(authority.rfind(':') + 1)));
    visitors.push_back(RawPeer::connect(*loop, net::SocketAddress::loopback4(port)));
    visitors.back()->send("GET " + path + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n");
    return *visitors.back();
  }
  bool answers(const std::string& url, const std::string& path) {
    RawPeer& visitor = visit(url, path);
    return until([&] { return visitor.received.ends_with("path " + path + ";"); });
  }
  /// The status that a visitor gets.
  std::string status(const std::string& url) {
    RawPeer& visitor = visit(url, "/");
    if (!until([&] { return visitor.has("\r\n\r\n"); })) return "(none)";
    return visitor.received.substr(9, 3);
  }
};

}  // namespace adit::test
