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

  void countsEachCauseByItself() {
    ProblemLog log;
    (void)log.add(problem(1, "refused"), kStart);
    QVERIFY(!log.add(problem(1, "refused"), kStart + 100ms));
    QVERIFY(!log.add(problem(1, "slow"), kStart + 200ms));
    QVERIFY(!log.add(problem(1, "slow"), kStart + 300ms));
    QVERIFY(!log.add(problem(1, "broken"), kStart + 400ms));
    // What is new is told a second after the last report, not with the next report of the first cause.
    QCOMPARE(log.due(), kStart + 1s);
    auto due = log.takeDue(kStart + 1s);
    QCOMPARE(due.size(), std::size_t{1});
    QCOMPARE(due[0].message, std::string("slow"));
    QCOMPARE(due[0].requests, 2U);
    QCOMPARE(log.due(), kStart + 2s);
    due = log.takeDue(kStart + 2s);
    QCOMPARE(due.size(), std::size_t{1});
    QCOMPARE(due[0].message, std::string("broken"));
    QCOMPARE(due[0].requests, 1U);
    QCOMPARE(log.due(), kStart + 10s);
    due = log.takeDue(kStart + 10s);
    QCOMPARE(due.size(), std::size_t{1});
    QCOMPARE(due[0].message, std::string("refused"));
    QCOMPARE(due[0].requests, 1U);
    QCOMPARE(log.due(), kNever);
  }

  void alternatingCausesAreToldEveryTenSecondsEach() {
    ProblemLog log;
    std::size_t told = 0;
    for (int i = 0; i < 100; ++i) {
      told += log.add(problem(1, i % 2 == 0 ? "refused" : "slow"), kStart + i * 100ms) ? 1U : 0U;
    }
    QCOMPARE(told, std::size_t{2});
  }

  void keepsABoundedNumberOfCauses() {
    ProblemLog log;
    std::uint64_t counted = 0;
    for (int i = 0; i < 100; ++i) {
      const std::string message = "cause " + std::to_string(i);
      if (const auto told = log.add(problem(1, message.c_str()), kStart)) counted += told->requests;
    }
    for (int second = 1; second <= 30; ++second) {
      for (const OriginProblem& told : log.takeDue(kStart + std::chrono::seconds(second)))
        counted += told.requests;
    }
    QCOMPARE(counted, std::uint64_t{100});
    QCOMPARE(log.due(), kNever);
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
