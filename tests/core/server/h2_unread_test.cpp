// SPDX-License-Identifier: Apache-2.0
// What a real server takes from its clients for an HTTP/2 visitor who does not read: how far the windows let
// the answers come, whichever worker they come from, and that they open again.
#include <QTest>

#include "core/server/answer_windows.h"
#include "tests/core/support/h2_server_visitor.h"

using namespace adit;
using namespace adit::test;
using h2::request;
using h2::Visitor;
using server::AnswerWindows;

namespace {

constexpr std::size_t kStreams = 100;
constexpr std::size_t kAnswer = 200 * 1024;

std::uint32_t streamNumber(std::size_t index) { return static_cast<std::uint32_t>(2 * index + 1); }

/// A server, clients who answer "/big" with kAnswer bytes, and a visitor who opens no stream's window.
struct Unread {
  explicit Unread(unsigned workers, std::size_t tunnels) : h({}, workers) {
    for (std::size_t i = 0; i < tunnels; ++i) {
      FakeClient& client = h.addClient({nullptr, "token", {{1, wire::TunnelKind::Http, nameOf(i)}}});
      client.serve = [this](ServedRequest& r) {
        if (r.message.request.target == "/big") {
          ++answered;
          r.answer(answer);
        } else {
          r.answerText(200, "small");
        }
      };
    }
    visitor.emplace(h, h2::headers(1, request("GET", "/", {}, "t0"), true), h2::settings({{4, 0}}));
    visitor->peer.send(h2::windowUpdate(1, 5));  // for the first one
  }
  static std::string nameOf(std::size_t index) { return "t" + std::to_string(index); }
  void ask(std::size_t stream, std::size_t tunnel) {
    visitor->peer.send(h2::headers(streamNumber(stream), request("GET", "/big", {}, nameOf(tunnel)), true));
  }
  /// Of the answers: what left their clients, when no more does.
  std::size_t taken(std::size_t requests) {
    if (!h.until([&] { return answered == requests; })) return ~std::size_t{0};
    for (std::size_t before = ~std::size_t{0};;) {
      std::size_t unsent = 0;
      for (auto& client : h.clients) {
        for (std::size_t i = 0; i < client->requestCount(); ++i) unsent += client->request(i).unsent();
      }
      if (unsent == before) return requests * answer.size() - unsent;
      before = unsent;
      for (int i = 0; i < 3; ++i) {
        for (std::size_t tunnel = 0; tunnel < h.clients.size(); ++tunnel) {
          RawPeer& other = h.visit(test::get(nameOf(tunnel), "/", "Connection: close\r\n"));
          if (!h.until([&] { return other.ended; })) return ~std::size_t{0};
        }
      }
    }
  }

  const std::string answer = responseHead(200, chunked()) + dataFrame(std::string(kAnswer, 'x'));
  std::size_t answered = 0;
  ServerHarness h;
  std::optional<Visitor> visitor;
};

}  // namespace

class H2UnreadTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aConnectionsAnswersComeOnlySoFar_data() {
    QTest::addColumn<unsigned>("workers");
    QTest::addColumn<unsigned>("tunnels");
    QTest::newRow("of one worker") << 1U << 1U;
    QTest::newRow("of several workers") << 4U << 6U;
  }
  void aConnectionsAnswersComeOnlySoFar() {
    QFETCH(unsigned, workers);
    QFETCH(unsigned, tunnels);
    Unread scene(workers, tunnels);
    QVERIFY(scene.visitor->untilEnd(1));
    for (std::size_t n = 1; n <= kStreams; ++n) scene.ask(n, n % tunnels);
    const std::size_t taken = scene.taken(kStreams);
    QVERIFY2(taken <= AnswerWindows::kShared + kStreams * AnswerWindows::kLeast,
             QByteArray::number(static_cast<qulonglong>(taken)).constData());
    // They open as they are read.
    scene.visitor->peer.send(h2::windowUpdate(0, 1 << 30));
    for (std::size_t n = 1; n <= kStreams; ++n)
      scene.visitor->peer.send(h2::windowUpdate(streamNumber(n), 1 << 20));
    for (std::size_t n = 1; n <= kStreams; ++n) {
      QVERIFY(scene.visitor->untilEnd(streamNumber(n)));
      QCOMPARE(scene.visitor->reader.content(streamNumber(n)).size(), kAnswer);
    }
  }

  void aSingleAnswerComesFar() {
    Unread scene(1, 1);
    QVERIFY(scene.visitor->untilEnd(1));
    scene.ask(1, 0);
    QCOMPARE(scene.taken(1), AnswerWindows::kMost);
  }

  void whatEndedLeavesItsWindowToOthers() {
    Unread scene(1, 1);
    QVERIFY(scene.visitor->untilEnd(1));
    for (std::size_t n = 1; n <= kStreams; ++n) scene.ask(n, 0);
    QVERIFY(scene.h.until([&] { return scene.answered == kStreams; }));
    for (std::size_t n = 1; n <= kStreams; ++n) scene.visitor->peer.send(h2::reset(streamNumber(n), 8));
    scene.ask(kStreams + 1, 0);
    QVERIFY(scene.h.until([&] { return scene.answered == kStreams + 1; }));
    ServedRequest& last = scene.h.clients.front()->last();
    QVERIFY(scene.h.until([&] { return last.unsent() + AnswerWindows::kMost <= scene.answer.size(); }));
  }
};

QTEST_GUILESS_MAIN(H2UnreadTest)
#include "h2_unread_test.moc"
