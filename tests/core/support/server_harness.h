// SPDX-License-Identifier: Apache-2.0
#pragma once
// A real Server on loopback, with scripted clients and raw visitors in the test's loop.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/server/server.h"
#include "core/session/join_link.h"
#include "tests/core/support/fake_client.h"

namespace adit::test {

/// "GET /path" to a tunnel's address.
inline std::string get(std::string_view name, std::string_view path = "/", std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + std::string(name) + ".localhost\r\n" +
         std::string(more) + "\r\n";
}

/// The token "token" of the principal "local", and others that a test adds. An unknown one is looked for
/// again on the asking worker's thread, which waits for as long as the test holds `busy`.
class HarnessTokens final : public access::TokenSource {
 public:
  HarnessTokens() { add("token", "local"); }
  /// Revoked ones stay, so that their users are told why. Tells the server.
  void add(const std::string& token, const std::string& principal, std::size_t maxNames = 1000) {
    const auto hash = access::hashToken(token).value();
    m_tokens.push_back({token, token, principal, hash, false, maxNames});
    publish();
  }
  void revoke(const std::string& token) {
    for (auto& each : m_tokens) each.revoked = each.revoked || each.id == token;
    publish();
  }
  [[nodiscard]] std::shared_ptr<const access::TokenSnapshot> current() const override {
    return std::make_shared<const access::TokenSnapshot>(m_tokens);
  }
  void setListener(Listener listener) override { m_listener = std::move(listener); }
  /// Known from the next refresh on.
  void appearsLate(const std::string& token, const std::string& principal) { m_late = {token, principal}; }
  void refresh(std::function<void()> done) override {
    ++waiting;
    const std::lock_guard wait(busy);
    if (!m_late.first.empty()) add(m_late.first, m_late.second);
    done();
  }
  std::mutex busy;
  std::atomic<int> waiting = 0;

 private:
  void publish() const {
    if (m_listener) m_listener(current());
  }
  std::vector<access::TokenSnapshot::Token> m_tokens;
  std::pair<std::string, std::string> m_late;
  Listener m_listener;
};

class ServerHarness {
 public:
  explicit ServerHarness(server::ServerLimits limits = {}, unsigned workers = 1,
                         const net::SocketAddress& quic = net::SocketAddress::loopback4(0),
                         const net::SocketAddress& http = net::SocketAddress::loopback4(0)) {
    server::ServerParams params;
    SecureRandom random;
    params.identity = identity();
    params.keys = quic::StaticKeys::generate(random);
    params.quicListen = quic;
    params.httpListen = http;
    params.workers = workers;
    params.limits = limits;
    params.tokens = tokens;
    server = server::Server::start(std::move(params)).value();
  }
  ~ServerHarness() {
    visitors.clear();
    clients.clear();
    loop->runOnce();
    server.reset();
    loop->runOnce();
  }

  static std::shared_ptr<const tls::Identity> identity() {
    static const auto made = tls::Identity::generate("test server").value();
    return made;
  }
  [[nodiscard]] session::JoinLink link() const {
    return {"token", "127.0.0.1", server->quicAddress().port(), identity()->pin()};
  }

  /// A client whose tunnels are declared.
  FakeClient& addClient(FakeClient::Params params = {}) {
    FakeClient& client = addOffline(std::move(params));
    online = until([&] { return client.isOnline(); });
    return client;
  }
  FakeClient& addOffline(FakeClient::Params params = {}) {
    clients.push_back(std::make_unique<FakeClient>(*loop, server->quicAddress(), std::move(params)));
    return *clients.back();
  }
  RawPeer& visit(std::string_view bytes = "") {
    visitors.push_back(RawPeer::connect(*loop, server->httpAddress()));
    if (!bytes.empty()) visitors.back()->send(bytes);
    return *visitors.back();
  }
  bool until(const std::function<bool()>& done) { return runUntil(*loop, done); }
  /// Until the client has that many requests (with their heads).
  bool untilRequests(FakeClient& client, std::size_t count) {
    return until([&] { return client.requestCount() >= count && client.request(count - 1).message.hasHead; });
  }

  std::shared_ptr<HarnessTokens> tokens = std::make_shared<HarnessTokens>();
  std::unique_ptr<net::EventLoop> loop = makeLoop();
  std::unique_ptr<server::Server> server;
  std::vector<std::unique_ptr<FakeClient>> clients;
  std::vector<std::unique_ptr<RawPeer>> visitors;
  bool online = false;
};

}  // namespace adit::test
