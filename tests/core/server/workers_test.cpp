// SPDX-License-Identifier: Apache-2.0
// Several workers: a visitor is served by the one that holds its tunnel's session, wherever it came in.
// (Where a system cannot share ports there is one worker, and all of this holds trivially.)
#include <QTest>

#include "tests/core/support/server_harness.h"

using namespace adit;
using namespace adit::test;
using namespace std::chrono_literals;

namespace {

constexpr int kTunnels = 8;

std::string nameOf(int index) { return "t" + std::to_string(index); }

/// Clients whose connections the system spreads over the workers.
struct ManyClients {
  ServerHarness h{{}, 4};
  bool ready = true;
  ManyClients() {
    for (int i = 0; i < kTunnels; ++i) {
      FakeClient& client = h.addClient({nullptr, "token", {{1, wire::TunnelKind::Http, nameOf(i)}}});
      ready = ready && h.online;
      client.serve = [i](ServedRequest& r) {
        r.answerText(200, "[" + std::to_string(i) + r.message.request.target + " " +
                              std::to_string(r.message.body.size()) + "]");
      };
    }
  }
};

}  // namespace

class WorkersTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyVisitorReachesEveryTunnel() {
    ManyClients many;
    QVERIFY(many.ready);
    std::vector<RawPeer*> visitors;
    for (int i = 0; i < 40; ++i) visitors.push_back(&many.h.visit(get(nameOf(i % kTunnels), "/v")));
    for (int i = 0; i < 40; ++i) {
      const std::string expected = "[" + std::to_string(i % kTunnels) + "/v 0]";
      QVERIFY(many.h.until([&] { return visitors[i]->received.ends_with(expected); }));
    }
  }

  void oneConnectionMayAskForOneAfterTheOther() {
    ManyClients many;
    QVERIFY(many.ready);
    RawPeer& visitor = many.h.visit();
    for (int i = 0; i < 3 * kTunnels; ++i) {
      visitor.send(get(nameOf(i % kTunnels), "/" + std::to_string(i)));
      const std::string expected = "[" + std::to_string(i % kTunnels) + "/" + std::to_string(i) + " 0]";
      QVERIFY(many.h.until([&] { return visitor.received.ends_with(expected); }));
    }
  }

  void pipelinedRequestsKeepTheirOrderAcrossWorkers() {
    ManyClients many;
    QVERIFY(many.ready);
    std::string all, expected;
    for (int i = 0; i < 4 * kTunnels; ++i) {
      // With content larger than one read, so that what waits lies in several pieces.
      all += "POST /p HTTP/1.1\r\nHost: " + nameOf(i % kTunnels) +
             ".localhost\r\nContent-Length: 40000\r\n\r\n" + std::string(40'000, 'p');
      expected += "[" + std::to_string(i % kTunnels) + "/p 40000]";
    }
    RawPeer& visitor = many.h.visit(all);
    const auto bodies = [&] {
      std::string found;
      for (std::size_t at = visitor.received.find('['); at != std::string::npos;
           at = visitor.received.find('[', at + 1)) {
        found += visitor.received.substr(at, visitor.received.find(']', at) - at + 1);
      }
      return found;
    };
    QVERIFY(many.h.until([&] { return visitor.gone() || bodies().size() >= expected.size(); }));
    QCOMPARE(bodies(), expected);
  }

  void aSlowVisitorThatMovesDoesNotStopAWorker() {
    ManyClients many;
    QVERIFY(many.ready);
    for (auto& client : many.h.clients) {
      client->serve = [](ServedRequest& r) {
        r.answerText(200, r.message.request.target == "/big" ? std::string(3'000'000, 'b') + "end" : "small");
      };
    }
    // Each asks for much, reads nothing of it, and then asks another worker's tunnel.
    std::vector<RawPeer*> slow;
    for (int i = 0; i < kTunnels; ++i) {
      slow.push_back(&many.h.visit());
      slow.back()->pause();
      std::string all = get(nameOf(i), "/big");
      for (int other = 0; other < kTunnels; ++other) all += get(nameOf(other), "/small");
      slow.back()->send(all);
    }
    for (auto& client : many.h.clients)
      QVERIFY(many.h.until([&] { return client->requestCount() > 0 && client->request(0).finished; }));
    bool later = false;
    net::Timer timer(*many.h.loop, [&] { later = true; });
    timer.start(200ms);
    QVERIFY(many.h.until([&] { return later; }));
    for (int i = 0; i < 2 * kTunnels; ++i) {
      RawPeer& quick = many.h.visit(get(nameOf(i % kTunnels), "/small"));
      QVERIFY(many.h.until([&] { return quick.received.ends_with("small"); }));
    }
    const auto smallAnswers = [](const RawPeer& peer) {
      int count = 0;
      for (std::size_t at = peer.received.find("\r\n\r\nsmall"); at != std::string::npos;
           at = peer.received.find("\r\n\r\nsmall", at + 1)) {
        ++count;
      }
      return count;
    };
    for (RawPeer* visitor : slow) {
      visitor->resume();
      QVERIFY(many.h.until([&] { return visitor->gone() || smallAnswers(*visitor) == kTunnels; }));
      QVERIFY(visitor->has("bbbend"));
      QCOMPARE(smallAnswers(*visitor), kTunnels);
    }
  }

  void visitorsOnTheirWayToABusyWorkerAreCounted() {
    server::ServerLimits limits;
    limits.connectionsFromLoopback = 4;
    ServerHarness h(limits, 2);
    for (int i = 0; i < kTunnels; ++i) {
      FakeClient& client = h.addClient({nullptr, "token", {{1, wire::TunnelKind::Http, nameOf(i)}}});
      client.serve = [](ServedRequest& r) { r.answerText(200, "served"); };
    }
    std::unique_lock busy(h.tokens->busy);
    h.addOffline({nullptr, "busy", {}});
    QVERIFY(h.until([&] { return h.tokens->waiting > 0; }));
    std::vector<RawPeer*> visitors;
    for (int i = 0; i < 60; ++i) visitors.push_back(&h.visit(get(nameOf(i % kTunnels))));
    bool later = false;
    net::Timer timer(*h.loop, [&] { later = true; });
    timer.start(300ms);
    QVERIFY(h.until([&] { return later; }));
    busy.unlock();
    const auto served = [](const RawPeer* visitor) { return visitor->received.ends_with("served"); };
    QVERIFY(h.until([&] {
      return std::all_of(visitors.begin(), visitors.end(),
                         [&](const RawPeer* visitor) { return visitor->gone() || served(visitor); });
    }));
    QVERIFY(std::count_if(visitors.begin(), visitors.end(), served) <= 4);
  }

  void aClientMayReconnectToAnotherWorker() {
    ServerHarness h({}, 4);
    const auto key = tls::Identity::generate("client").value();
    RawPeer& visitor = h.visit();
    for (int i = 0; i < 6; ++i) {
      FakeClient& client = h.addClient({key});
      QVERIFY(h.online);
      client.serve = [i](ServedRequest& r) { r.answerText(200, "connection " + std::to_string(i)); };
      visitor.send(get("shop"));
      QVERIFY(h.until(
          [&] { return visitor.gone() || visitor.received.ends_with("connection " + std::to_string(i)); }));
      QVERIFY(!visitor.gone());
    }
  }

  void drainAndEndReachAllWorkers() {
    ManyClients many;
    QVERIFY(many.ready);
    std::atomic<bool> drained{false};
    many.h.server->drain(20s, [&] { drained = true; });
    for (auto& client : many.h.clients) QVERIFY(many.h.until([&] { return client->drained.has_value(); }));
    QVERIFY(many.h.until([&] { return drained.load(); }));
    many.h.server.reset();
    for (auto& client : many.h.clients) QVERIFY(many.h.until([&] { return client->closed.has_value(); }));
  }
};

QTEST_GUILESS_MAIN(WorkersTest)
#include "workers_test.moc"
