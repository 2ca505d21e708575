// SPDX-License-Identifier: Apache-2.0
// Which failed requests a user is told of, and when.
#include <QTest>

#include "core/client/problem_log.h"

using namespace adit;
using namespace adit::client;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp kStart{1h};

OriginProblem problem(TunnelId tunnel, const char* message) {
  OriginProblem made;
  made.tunnel = tunnel;
  made.code = "origin-refused";
  made.message = message;
  return made;
}

}  // namespace

class ProblemLogTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void tellsTheFirstAtOnce() {
    ProblemLog log;
    const auto told = log.add(problem(1, "refused"), kStart);
    QVERIFY(told.has_value());
    QCOMPARE(told->requests, 1U);
    QCOMPARE(log.due(), kNever);
  }

  void countsTheSameOneUntilItsTimeIsUp() {
    ProblemLog log;
    (void)log.add(problem(1, "refused"), kStart);
    for (int i = 1; i <= 100; ++i) QVERIFY(!log.add(problem(1, "refused"), kStart + i * 50ms));
    QCOMPARE(log.due(), kStart + 10s);
    QVERIFY(log.takeDue(kStart + 9s).empty());
    const auto due = log.takeDue(kStart + 10s);
    QCOMPARE(due.size(), std::size_t{1});
    QCOMPARE(due[0].requests, 100U);
    QCOMPARE(log.due(), kNever);
    QVERIFY(log.takeDue(kStart + 30s).empty());
  }

  void tellsItAgainWithTheNumberSinceThen() {
    ProblemLog log;
    (void)log.add(problem(1, "refused"), kStart);
    QVERIFY(!log.add(problem(1, "refused"), kStart + 3s));
    const auto told = log.add(problem(1, "refused"), kStart + 10s);
    QVERIFY(told.has_value());
    QCOMPARE(told->requests, 2U);
  }

  void tellsAnotherCauseSooner() {
    ProblemLog log;
    (void)log.add(problem(1, "refused"), kStart);
    QVERIFY(!log.add(problem(1, "slow"), kStart + 500ms));
    const auto told = log.add(problem(1, "slow"), kStart + 1s);
    QVERIFY(told.has_value());
    QCOMPARE(told->message, std::string("slow"));
  }

  void tunnelsAreToldApart() {
    ProblemLog log;
    (void)log.add(problem(1, "refused"), kStart);
    QVERIFY(log.add(problem(2, "refused"), kStart).has_value());
    QVERIFY(!log.add(problem(1, "refused"), kStart + 1s));
    QVERIFY(!log.add(problem(2, "refused"), kStart + 2s));
    log.forget(1);
    const auto due = log.takeDue(kStart + 10s);
    QCOMPARE(due.size(), std::size_t{1});
    QCOMPARE(due[0].tunnel, TunnelId{2});
  }
};

QTEST_APPLESS_MAIN(ProblemLogTest)
#include "problem_log_test.moc"
