// SPDX-License-Identifier: Apache-2.0
#include <QtTest>

#include "core/tls/handshake_pacer.h"
#include "tests/core/tls/tls_test_support.h"

using namespace adit;
using namespace adit::tls;
using namespace adit::tls::test;

namespace {

struct Step final : PacedHandshake {
  int* count = nullptr;
  std::function<void()> hook;
  void proceed() override {
    ++*count;
    if (hook) hook();
  }
};

}  // namespace

class HandshakePacerTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aCrowdTakesTurns() {
    auto loop = makeLoop();
    HandshakePacer pacer(*loop);
    int count = 0;
    std::vector<Step> crowd(100);
    for (Step& step : crowd) {
      step.count = &count;
      pacer.enqueue(step);
      pacer.enqueue(step);
    }
    QCOMPARE(count, 0);
    int turns = 0;
    QVERIFY(runUntil(*loop, [&] {
      const int before = count;
      loop->runOnce();
      // A turn has the end of the last one's flushes and a timer in it: two helpings at most.
      if (count - before > 16) count = 1000;
      ++turns;
      return count >= 100;
    }));
    QCOMPARE(count, 100);
    QVERIFY(turns >= 6);
  }

  void othersAreServedBetween() {
    auto loop = makeLoop();
    HandshakePacer pacer(*loop);
    int count = 0, posted = 0;
    std::vector<Step> crowd(200);
    for (Step& step : crowd) {
      step.count = &count;
      pacer.enqueue(step);
    }
    std::function<void()> again = [&] {
      ++posted;
      if (count < 200) loop->post(again);
    };
    loop->post(again);
    QVERIFY(runUntil(*loop, [&] { return count == 200; }));
    QVERIFY(posted >= 10);
  }

  void whoLeavesIsForgotten() {
    auto loop = makeLoop();
    HandshakePacer pacer(*loop);
    int count = 0;
    Step stays;
    stays.count = &count;
    {
      Step leaves;
      leaves.count = &count;
      pacer.enqueue(leaves);
      pacer.enqueue(stays);
    }
    QVERIFY(runUntil(*loop, [&] { return count > 0; }));
    runTurns(*loop, 5);
    QCOMPARE(count, 1);
  }

  void oneMayComeAgainFromItsOwnStep() {
    auto loop = makeLoop();
    HandshakePacer pacer(*loop);
    int count = 0;
    Step step;
    step.count = &count;
    step.hook = [&] {
      if (count < 50) pacer.enqueue(step);
    };
    pacer.enqueue(step);
    QVERIFY(runUntil(*loop, [&] { return count == 50; }));
  }

  void handshakesEndThroughIt() {
    auto loop = makeLoop();
    HandshakePacer pacer(*loop);
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
      visit->server = TlsSocket::accept(*loop, b.release(), params.store, {}, visit->right, &pacer);
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
    HandshakePacer pacer(*loop);
    const TlsPairParams params = friendly();
    int count = 0;
    std::vector<Step> crowd(1000);
    for (Step& step : crowd) {
      step.count = &count;
      pacer.enqueue(step);
    }
    auto [a, b] = connectedPair(net::SocketAddress::loopback4(0));
    TlsRecorder left, right;
    const auto client = net::StreamSocket::adopt(*outside, a.release(), left);
    const auto server = TlsSocket::accept(*loop, b.release(), params.store, {}, right, &pacer);
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

QTEST_GUILESS_MAIN(HandshakePacerTest)
#include "handshake_pacer_test.moc"
