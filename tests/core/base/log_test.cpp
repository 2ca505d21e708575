// SPDX-License-Identifier: Apache-2.0
// Levels filter, sinks come and go, and lines of many threads arrive whole and one at a time.
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <QTest>

#include "core/base/log.h"

using namespace adit;

namespace {

/// A sink for one scope.
class Collected {
 public:
  Collected() : m_id(addLogSink([this](const LogEntry& entry) { entries.push_back(entry); })) {}
  Collected(const Collected&) = delete;
  Collected& operator=(const Collected&) = delete;
  ~Collected() { removeLogSink(m_id); }
  std::vector<LogEntry> entries;

 private:
  std::uint64_t m_id;
};

}  // namespace

class LogTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { setLogLevel(LogLevel::Info); }

  void deliversToEverySink() {
    Collected first;
    const auto before = std::chrono::system_clock::now();
    {
      Collected second;
      logWarning("net", "{} of {}", 1, "two");
      QCOMPARE(second.entries.size(), std::size_t{1});
    }
    logError("quic", "plain");
    QCOMPARE(first.entries.size(), std::size_t{2});
    QCOMPARE(first.entries[0].component, std::string("net"));
    QCOMPARE(first.entries[0].message, std::string("1 of two"));
    QVERIFY(first.entries[0].level == LogLevel::Warning);
    QVERIFY(first.entries[0].time >= before);
    QVERIFY(first.entries[1].level == LogLevel::Error);
  }

  void filtersByLevel() {
    Collected sink;
    logDebug("x", "hidden");
    logInfo("x", "shown");
    setLogLevel(LogLevel::Debug);
    QVERIFY(logs(LogLevel::Debug));
    logDebug("x", "shown");
    setLogLevel(LogLevel::Error);
    QVERIFY(!logs(LogLevel::Warning));
    logWarning("x", "hidden");
    logError("x", "shown");
    QCOMPARE(sink.entries.size(), std::size_t{3});
    for (const LogEntry& entry : sink.entries) QCOMPARE(entry.message, std::string("shown"));
  }

  void levelsHaveNames() {
    QCOMPARE(toString(LogLevel::Debug), std::string_view("debug"));
    QCOMPARE(toString(LogLevel::Info), std::string_view("info"));
    QCOMPARE(toString(LogLevel::Warning), std::string_view("warning"));
    QCOMPARE(toString(LogLevel::Error), std::string_view("error"));
  }

  void removingAnUnknownSinkIsHarmless() {
    removeLogSink(0);
    removeLogSink(123'456);
    Collected sink;
    logInfo("x", "still works");
    QCOMPARE(sink.entries.size(), std::size_t{1});
  }

  void threadsDoNotMix() {
    constexpr int kThreads = 4;
    constexpr int kLines = 500;
    std::atomic<int> inside{0};
    std::atomic<bool> overlapped{false};
    std::vector<std::string> lines;
    const std::uint64_t id = addLogSink([&](const LogEntry& entry) {
      if (inside.fetch_add(1) != 0) overlapped = true;
      lines.push_back(entry.message);
      inside.fetch_sub(1);
    });
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < kLines; ++i) logInfo("x", "{}-{}", t, i);
      });
    }
    for (std::thread& thread : threads) thread.join();
    removeLogSink(id);
    QVERIFY(!overlapped);
    QCOMPARE(lines.size(), std::size_t{kThreads * kLines});
    std::array<int, kThreads> next{};
    for (const std::string& line : lines) {
      const int t = line[0] - '0';
      QCOMPARE(line, std::to_string(t) + "-" + std::to_string(next[static_cast<std::size_t>(t)]++));
    }
  }
};

QTEST_APPLESS_MAIN(LogTest)
#include "log_test.moc"
