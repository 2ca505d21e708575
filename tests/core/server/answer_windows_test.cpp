// SPDX-License-Identifier: Apache-2.0
// How a visitor's connection shares the first windows of its answers out.
#include <QTest>

#include <vector>

#include "core/server/answer_windows.h"

using adit::server::AnswerWindows;

class AnswerWindowsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aFewHaveAsMuchAsOne() {
    AnswerWindows windows;
    QCOMPARE(windows.take(), AnswerWindows::kMost - AnswerWindows::kLeast);
    for (int i = 0; i < 10; ++i) QVERIFY(windows.take() >= 32 * 1024);
  }

  void manyHaveLittle() {
    AnswerWindows windows;
    std::size_t total = 0, last = AnswerWindows::kMost;
    for (int i = 0; i < 10'000; ++i) {
      const std::size_t part = windows.take();
      QVERIFY(part <= last);
      last = part;
      total += part;
    }
    QVERIFY(total <= AnswerWindows::kShared);
    QVERIFY(last < 8);
  }

  void aWorkersSumIsBounded() {
    constexpr std::size_t kBytes = 16 * 1024 * 1024;
    AnswerWindows windows(kBytes);
    std::size_t total = 0;
    for (int i = 0; i < 10'000; ++i) {
      const std::size_t part = windows.takeUpTo(100'000);
      QVERIFY(part <= 100'000);
      if (i < 100) QCOMPARE(part, std::size_t{100'000});
      total += part;
    }
    QVERIFY(total <= kBytes);
  }

  void whatIsGivenBackServesOthers() {
    AnswerWindows windows;
    std::vector<std::size_t> parts;
    for (int i = 0; i < 100; ++i) parts.push_back(windows.take());
    for (const std::size_t part : parts) windows.give(part);
    QCOMPARE(windows.take(), AnswerWindows::kMost - AnswerWindows::kLeast);
  }
};

QTEST_GUILESS_MAIN(AnswerWindowsTest)
#include "answer_windows_test.moc"
