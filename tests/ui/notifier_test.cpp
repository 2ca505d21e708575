// SPDX-License-Identifier: Apache-2.0
#include "ui/tray/notifier.h"

#include <QTest>

using namespace std::chrono_literals;
using namespace adit;
using namespace adit::ui;
using engine::TunnelState;

namespace {

/// A second-by-second life of some tunnels.
struct Life {
  SteadyTime now{100s};
  Notifier notifier{now};
  engine::Snapshot snapshot;

  explicit Life(std::size_t tunnels) {
    snapshot.tunnels.resize(tunnels);
    for (std::size_t i = 0; i < tunnels; ++i) {
      snapshot.tunnels[i].id = i + 1;
      snapshot.tunnels[i].name = std::string(1, static_cast<char>('a' + i));
      snapshot.tunnels[i].state = TunnelState::Online;
    }
  }
  void set(TunnelState state) {
    for (auto& tunnel : snapshot.tunnels) tunnel.state = state;
  }
  std::vector<Notifier::Notice> pass(std::chrono::seconds time) {
    std::vector<Notifier::Notice> all;
    for (auto end = now + time; now < end;) {
      now += 1s;
      for (auto& notice : notifier.observe(now, snapshot)) all.push_back(std::move(notice));
    }
    return all;
  }
};

}  // namespace

class NotifierTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aShortGapIsNotMentioned() {
    Life life(1);
    QVERIFY(life.pass(20s).empty());
    life.set(TunnelState::Reconnecting);
    QVERIFY(life.pass(5s).empty());
    life.set(TunnelState::Online);
    QVERIFY(life.pass(30s).empty());
  }

  void aLongGapIsMentionedOnce() {
    Life life(1);
    (void)life.pass(20s);
    life.set(TunnelState::Reconnecting);
    const auto notices = life.pass(60s);
    QCOMPARE(notices.size(), std::size_t(1));
    QVERIFY(notices[0].text.contains(u'a'));
    life.set(TunnelState::Online);
    (void)life.pass(5s);
    life.set(TunnelState::Reconnecting);
    QCOMPARE(life.pass(10s).size(), std::size_t(1));
  }

  void tunnelsThatGoTogetherAreOneNotice() {
    Life life(3);
    (void)life.pass(20s);
    life.set(TunnelState::Reconnecting);
    const auto notices = life.pass(10s);
    QCOMPARE(notices.size(), std::size_t(1));
    QVERIFY(notices[0].text.contains(QStringLiteral("a, b, c:")));
    Life many(20);
    (void)many.pass(20s);
    many.set(TunnelState::Reconnecting);
    QVERIFY(many.pass(10s).at(0).text.contains(QStringLiteral("a, b, c and 17 more:")));
  }

  void quietRightAfterTheStart() {
    Life life(1);
    (void)life.pass(1s);
    life.set(TunnelState::Failed);
    QVERIFY(life.pass(7s).empty());
    // What is still wrong afterwards is said then.
    QCOMPARE(life.pass(10s).size(), std::size_t(1));
  }

  void quietAfterSleep() {
    Life life(1);
    (void)life.pass(20s);
    life.now += 3h;
    life.set(TunnelState::Reconnecting);
    QVERIFY(life.pass(8s).empty());
    life.set(TunnelState::Online);
    QVERIFY(life.pass(30s).empty());
  }

  void refusalsAreMentionedOnceEach() {
    Life life(1);
    (void)life.pass(20s);
    life.snapshot.tunnels[0].error.code = ErrorCode::NameTaken;
    life.set(TunnelState::Failed);
    const auto notices = life.pass(30s);
    QCOMPARE(notices.size(), std::size_t(1));
    QVERIFY(notices[0].text.contains(u'a'));
  }

  void stoppingAndFirstConnectionAreNoNews() {
    Life life(1);
    life.set(TunnelState::Connecting);
    QVERIFY(life.pass(60s).empty());
    life.set(TunnelState::Online);
    (void)life.pass(5s);
    life.set(TunnelState::Stopped);
    QVERIFY(life.pass(60s).empty());
  }

  void aRemovedTunnelIsForgotten() {
    Life life(1);
    (void)life.pass(20s);
    life.set(TunnelState::Reconnecting);
    (void)life.pass(2s);
    const auto tunnels = std::exchange(life.snapshot.tunnels, {});
    QVERIFY(life.pass(10s).empty());
    life.snapshot.tunnels = tunnels;
    QVERIFY(life.pass(10s).empty());  // The same id again has no past.
  }
};

QTEST_GUILESS_MAIN(NotifierTest)
#include "notifier_test.moc"
