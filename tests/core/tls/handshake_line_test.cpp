// SPDX-License-Identifier: Apache-2.0
// Handshakes whose steps wait in a line.
#include <QtTest>

#include "core/net/turn_line.h"
#include "tests/core/tls/tls_test_support.h"

using namespace adit;
using namespace adit::tls;
using namespace adit::tls::test;

namespace {

constexpr int kPerTurn = 8;

struct Step final : net::TurnLine::Waiter {
  int* count = nullptr;
  void onTurn() override { ++*count; }
};

}  // namespace

class HandshakeLineTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void handshakesEndThroughIt() {
    auto loop = makeLoop();
    net::TurnLine line(*loop, kPerTurn);
    const TlsPairParams params = friendly();
    struct Visit {
      TlsRecorder left, right;
      std::unique_ptr<TlsSocket> client, server;
    };
    std::vector<std::unique_ptr<Visit>> visits;
    for (int i = 0; i < 30; ++i) {
      auto visit = std::make_unique<Visit>();
      auto [a, b] = connectedPair(net::SocketAddress::loopback4(0));
      visit->client =
          TlsSocket::connect(*loop, a.release(), params.trust, params.serverName, {}, visit->left);
      visit->server = TlsSocket::accept(*loop, b.release(), params.store, {}, visit->right, &line);
      visit->client->sendCopy(asBytes("hello"));
      visits.push_back(std::move(visit));
    }
    visits[3]->server->close();
    visits[4].reset();
    const auto served = [&](std::size_t i) { return visits[i]->right.received == "hello"; };
    QVERIFY(runUntil(*loop, [&] {
      for (std::size_t i = 0; i < visits.size(); ++i) {
        if (i != 3 && i != 4 && !served(i)) return false;
      }
      return true;
    }));
  }

  void whoWaitsIsReadNoFurther() {
    auto loop = makeLoop();
    auto outside = makeLoop();  // has slabs of its own
    net::TurnLine line(*loop, kPerTurn);
    const TlsPairParams params = friendly();
    int count = 0;
    std::vector<Step> crowd(1000);
    for (Step& step : crowd) {
      step.count = &count;
      line.wait(step);
    }
    auto [a, b] = connectedPair(net::SocketAddress::loopback4(0));
    TlsRecorder left, right;
    const auto client = net::StreamSocket::adopt(*outside, a.release(), left);
    const auto server = TlsSocket::accept(*loop, b.release(), params.store, {}, right, &line);
    client->sendCopy(asBytes(std::string(8 * 1024 * 1024, 'x')));
    std::size_t most = 0;
    while (count < 900) {
      outside->runOnce();
      loop->runOnce();
      most = std::max(most, loop->slabs().live());
    }
    QVERIFY2(most <= 4, qPrintable(QString::number(most)));
    QCOMPARE(right.errors, 0);
    QVERIFY(runUntil(*loop, [&] { return right.errors == 1; }));  // its turn came
  }
};

QTEST_GUILESS_MAIN(HandshakeLineTest)
#include "handshake_line_test.moc"
