// SPDX-License-Identifier: Apache-2.0
#include "core/session/holder_text.h"

#include <QtTest>

using namespace adit;
using namespace adit::session;

namespace {

constexpr std::uint64_t kStarted = 1'700'000'000;  // 2023-11-14 22:13:20 UTC

wire::NameHolder holder(bool ownDevice) { return {"laptop", "terminal", 4711, kStarted, ownDevice}; }

std::string described(const wire::NameHolder& who, std::uint64_t now = kStarted + 60) {
  return describeHolder("shop", who, TimeZone::Utc, now);
}

}  // namespace

class HolderTextTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void saysWhoAndSinceWhen() {
    QCOMPARE(described(holder(true)),
             std::string("'shop' is in use by your terminal since 22:13 UTC (pid 4711)"));
    QCOMPARE(described(holder(false)),
             std::string("'shop' is in use by 'laptop' (terminal, pid 4711) since 22:13 UTC"));
  }
  void saysTheDateOfAnotherDay() {
    QCOMPARE(described(holder(true), kStarted + 86'400),
             std::string("'shop' is in use by your terminal since 2023-11-14 22:13 UTC (pid 4711)"));
  }
  void leavesOutWhatIsNotKnown() {
    QCOMPARE(described({"", "", 0, 0, false}), std::string("'shop' is in use by your client"));
    QCOMPARE(described({"laptop", "", 0, 0, false}), std::string("'shop' is in use by 'laptop' (client)"));
    QCOMPARE(described({"laptop", "window", 7, 0, true}),
             std::string("'shop' is in use by your window (pid 7)"));
  }
  void localTimesHaveNoZone() {
    const std::string text = describeHolder("shop", holder(true), TimeZone::Local, kStarted + 60);
    QVERIFY2(text.find("UTC") == std::string::npos, text.c_str());
  }
  void saysWhoTookIt() {
    QCOMPARE(describeTaker("shop", holder(true)),
             std::string("'shop' was taken over by your terminal (pid 4711)"));
    QCOMPARE(describeTaker("shop", holder(false)),
             std::string("'shop' was taken over by 'laptop' (terminal, pid 4711)"));
  }
};

QTEST_APPLESS_MAIN(HolderTextTest)
#include "holder_text_test.moc"
