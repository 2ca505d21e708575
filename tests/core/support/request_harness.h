// SPDX-License-Identifier: Apache-2.0
#pragma once
// An InboundRequest between a FakeStream and a raw TCP origin, all in the test's loop.

#include <memory>
#include <string>

#include "core/client/inbound_request.h"
#include "tests/core/support/http_messages.h"
#include "tests/core/support/raw_peer.h"

namespace adit::test {

inline constexpr std::uint64_t kTunnel = 7;

/// Of an origin that gets `time` to begin its answers.
inline client::OriginSettings impatient(Duration time, bool timesCalls = false) {
  client::OriginSettings settings;
  settings.answerTimeout = time;
  settings.timesCalls = timesCalls;
  return settings;
}

class RequestHarness final : public client::RequestOwner {
 public:
  /// More than one answer ever holds.
  static constexpr std::size_t kBudgetSlabs = 128;

  explicit RequestHarness(client::OriginSettings settings = {})
      : m_loop(makeLoop()), m_settings(std::move(settings)), origin(*m_loop) {
    aim(origin.port());
    request = std::make_unique<client::InboundRequest>(*this);
  }
  ~RequestHarness() {
    request.reset();
    tunnel.reset();
    m_loop->runOnce();
  }

  void aim(std::uint16_t port, client::Target::Protocol protocol = client::Target::Protocol::Http1) {
    tunnel = std::make_shared<client::Tunnel>();
    tunnel->id = kTunnel;
    tunnel->target.host = "127.0.0.1";
    tunnel->target.port = port;
    tunnel->target.protocol = protocol;
    tunnel->settings = m_settings;
    tunnel->makeOrigins(*m_loop, m_budget);
  }
  /// A fresh stream for the request.
  FakeStream& begin() {
    streams.push_back(std::make_unique<FakeStream>());
    request->begin(*streams.back());
    return *streams.back();
  }
  FakeStream& stream() { return *streams.back(); }
  static std::string head(const RequestSpec& spec) {
    return httpStreamHead(kTunnel, visitor()) + requestHead(spec);
  }
  static net::SocketAddress visitor() { return net::SocketAddress::fromIpv4({203, 0, 113, 9}, 50000); }
  /// Begins a request without content.
  FakeStream& ask(const RequestSpec& spec = {}) {
    FakeStream& next = begin();
    next.deliver(head(spec), true);
    return next;
  }
  /// One complete exchange, after which a connection waits in the pool.
  bool warmUp() {
    ask();
    if (!origin.waitFor(1) || !until([&] { return origin[0].has("\r\n\r\n"); })) return false;
    origin[0].send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    const bool done = until([&] { return recycled == 1; });
    origin[0].received.clear();
    return done && tunnel->origins->idleCount() == 1;
  }
  bool until(const std::function<bool()>& done) { return runUntil(*m_loop, done); }
  /// Everything that is under way in this process arrives.
  void settle() { runTurns(*m_loop, 20); }
  [[nodiscard]] Message answer() { return decoded(stream().sent); }

  std::shared_ptr<client::Tunnel> findTunnel(std::uint64_t id) override {
    return id == kTunnel ? tunnel : nullptr;
  }
  net::EventLoop& loop() override { return *m_loop; }
  client::AnswerBudget& answerBudget() override { return m_budget; }
  void recycle(client::InboundRequest&) override { ++recycled; }
  void onProblem(client::OriginProblem problem) override { problems.push_back(std::move(problem)); }

  int recycled = 0;
  std::vector<client::OriginProblem> problems;

 private:
  std::unique_ptr<net::EventLoop> m_loop;
  client::OriginSettings m_settings;
  client::AnswerBudget m_budget{*m_loop, kBudgetSlabs* kSlabSize};

 public:
  std::shared_ptr<client::Tunnel> tunnel;
  RawListener origin;
  std::vector<std::unique_ptr<FakeStream>> streams;
  std::unique_ptr<client::InboundRequest> request;
};

}  // namespace adit::test
