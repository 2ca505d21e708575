// SPDX-License-Identifier: Apache-2.0
// Whether something answers behind a tunnel: when it is looked at, and the looking itself.
#include "ui/origin_watch.h"

#include <optional>
#include <QLocalServer>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

using namespace std::chrono_literals;
using namespace adit;
using namespace adit::ui;

namespace {

/// A watch whose looks are answered by hand.
struct Watched {
  OriginWatch watch;
  engine::Snapshot snapshot;
  std::vector<std::string> looked;
  std::function<void(Answer)> answer;

  Watched() {
    watch.setProbe([this](const std::string& target, QObject*, std::function<void(Answer)> done) {
      looked.push_back(target);
      answer = std::move(done);
    });
    snapshot.taken = std::chrono::steady_clock::time_point(100s);
    engine::TunnelSnapshot& shop = snapshot.tunnels.emplace_back();
    shop.id = 1;
    shop.spec = {.name = "shop", .target = "3000"};
    shop.state = engine::TunnelState::Online;
  }
  engine::TunnelSnapshot& tunnel() { return snapshot.tunnels[0]; }
  /// What is shown of the tunnel, `passed` later.
  bool silent(std::chrono::milliseconds passed = 100ms) {
    snapshot.taken += passed;
    engine::Snapshot copy = snapshot;
    watch.mark(copy);
    const bool marked = copy.tunnels.at(0).hasError;
    return marked && copy.tunnels.at(0).error.code == ErrorCode::ConnectionRefused;
  }
};

Answer probed(const std::string& target) {
  QObject context;
  std::optional<Answer> answer;
  probeOrigin(target, &context, [&answer](Answer value) { answer = value; });
  (void)QTest::qWaitFor([&answer] { return answer.has_value(); });
  return answer.value_or(Answer::Unknown);
}

}  // namespace

class OriginWatchTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aNewTunnelIsLookedAtOnce() {
    Watched watched;
    QSignalSpy changes(&watched.watch, &OriginWatch::changed);
    QVERIFY(!watched.silent());
    QCOMPARE(watched.looked, std::vector<std::string>{"3000"});
    watched.answer(Answer::Yes);
    QVERIFY(!watched.silent(60s));
    QCOMPARE(watched.looked.size(), std::size_t(1));
    QCOMPARE(changes.count(), 0);
  }

  void failuresAreAReasonToLook() {
    Watched watched;
    watched.silent();
    watched.answer(Answer::Yes);
    watched.tunnel().traffic.failures = 2;
    QVERIFY(!watched.silent());
    watched.tunnel().traffic.failures = 3;
    QVERIFY(!watched.silent());
    QCOMPARE(watched.looked.size(), std::size_t(2));  // One look at a time.
    QSignalSpy changes(&watched.watch, &OriginWatch::changed);
    watched.answer(Answer::No);
    QCOMPARE(changes.count(), 1);
    QVERIFY(watched.silent());
    // Visitors cancel, too: a service that answers is not blamed.
    watched.tunnel().traffic.failures = 4;
    watched.silent();
    watched.answer(Answer::Yes);
    QVERIFY(!watched.silent());
    QCOMPARE(changes.count(), 2);
  }

  void aSilentServiceIsLookedForLessAndLess() {
    Watched watched;
    watched.silent();
    watched.answer(Answer::No);
    std::size_t before = watched.looked.size();
    for (int i = 0; i < 100; ++i) {
      QVERIFY(watched.silent(100ms));
      if (watched.looked.size() > before) watched.answer(Answer::No);
      before = watched.looked.size();
    }
    QVERIFY(watched.looked.size() >= 3 && watched.looked.size() <= 6);
    for (int i = 0; i < 600; ++i) {
      QVERIFY(watched.silent(1s));
      if (watched.looked.size() > before) watched.answer(Answer::No);
      before = watched.looked.size();
    }
    QVERIFY(watched.looked.size() <= 40);
  }

  void anotherTargetIsAnotherService() {
    Watched watched;
    watched.silent();
    watched.answer(Answer::No);
    QVERIFY(watched.silent());
    watched.tunnel().spec.target = "3001";
    const auto late = watched.answer;
    QVERIFY(!watched.silent());
    QCOMPARE(watched.looked.back(), std::string("3001"));
    late(Answer::No);  // Of the one before.
    QVERIFY(!watched.silent());
  }

  void onlyOnlineTunnelsAreWatched() {
    Watched watched;
    watched.silent();
    watched.answer(Answer::No);
    watched.tunnel().state = engine::TunnelState::Stopped;
    QVERIFY(!watched.silent(60s));
    QCOMPARE(watched.looked.size(), std::size_t(1));
    watched.answer(Answer::No);  // Too late to matter.
    watched.tunnel().state = engine::TunnelState::Online;
    QVERIFY(!watched.silent());
    QCOMPARE(watched.looked.size(), std::size_t(2));
    watched.snapshot.tunnels.clear();
    engine::Snapshot none = watched.snapshot;
    watched.watch.mark(none);
    watched.answer(Answer::No);
  }

  void timeSaysNothing() {
    Watched watched;
    watched.silent();
    watched.answer(Answer::Unknown);
    QVERIFY(!watched.silent());
  }

  void theRealLook() {
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    const std::string port = std::to_string(server.serverPort());
    for (const std::string& target :
         {port, "127.0.0.1:" + port, "http://localhost:" + port, "https://127.0.0.1:" + port,
          "h2c://127.0.0.1:" + port + "/", ":" + port}) {
      QVERIFY2(probed(target) == Answer::Yes, target.c_str());
    }
    server.close();
    QVERIFY(probed(port) == Answer::No);
    QVERIFY(probed("127.0.0.1:" + port) == Answer::No);
    QVERIFY(probed(":" + port) == Answer::No);
    QVERIFY(probed("http://:" + port) == Answer::Unknown);  // no target

    QTemporaryDir directory;
    const QString path = directory.filePath(QStringLiteral("s"));
    QLocalServer local;
    QVERIFY(probed("unix:" + path.toStdString()) == Answer::No);
    QVERIFY(local.listen(path));
    QVERIFY(probed("unix:" + path.toStdString()) == Answer::Yes);
    // To Qt, a name without a directory is one in /tmp.
    const QString before = QDir::currentPath();
    QVERIFY(QDir::setCurrent(directory.path()));
    QVERIFY(probed("unix:s") == Answer::Yes);
    QVERIFY(QDir::setCurrent(before));
  }

  void whoAskedMayBeGone() {
    auto context = std::make_unique<QObject>();
    bool called = false;
    probeOrigin("1", context.get(), [&called](Answer) { called = true; });
    context.reset();
    QCoreApplication::processEvents();
    QVERIFY(!called);
  }
};

QTEST_GUILESS_MAIN(OriginWatchTest)
#include "origin_watch_test.moc"
