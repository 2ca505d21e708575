// SPDX-License-Identifier: Apache-2.0
// The codes a peer closes with and what they become for people and code.
#include <QTest>

#include <set>
#include <string>

#include "core/wire/error_codes.h"

using namespace adit;
using namespace adit::wire;

class ErrorCodesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyCodeHasANameAndASentence();
  void keepsTheNumbersOfTheProtocol();
  void unknownCodes();
  void reasonsAreMadeHarmless();
};

void ErrorCodesTest::everyCodeHasANameAndASentence() {
  std::set<std::string> names;
  std::set<std::string> sentences;
  for (std::uint64_t code = 0; code <= 0x30; ++code) {
    if ((code > 0x0a && code < 0x20) || code == 0x26 || code > 0x2b) {
      QCOMPARE(wire::toString(static_cast<AppError>(code)), std::string_view("unknown"));
      continue;
    }
    QVERIFY(names.insert(std::string(toString(static_cast<AppError>(code)))).second);
    const Error error = toError(code, {});
    QVERIFY(sentences.insert(error.detail).second);
    QCOMPARE(error.libraryCode, static_cast<long>(code));
  }
  QCOMPARE(names.size(), std::size_t{22});
}

void ErrorCodesTest::keepsTheNumbersOfTheProtocol() {
  QCOMPARE(static_cast<int>(AppError::HeartbeatLost), 0x0a);
  QCOMPARE(static_cast<int>(AppError::VisitorGone), 0x20);
  QCOMPARE(static_cast<int>(AppError::OriginCancelled), 0x27);
  QCOMPARE(static_cast<int>(AppError::OriginReset), 0x2b);
  QVERIFY(toError(0x07, {}).code == ErrorCode::TakenOver);
  QVERIFY(toError(0x09, {}).code == ErrorCode::VersionMismatch);
  QVERIFY(toError(0x21, {}).code == ErrorCode::ConnectionRefused);
  QVERIFY(toError(0x25, {}).code == ErrorCode::Overloaded);
}

void ErrorCodesTest::unknownCodes() {
  for (const std::uint64_t code : {std::uint64_t{0x0b}, std::uint64_t{0x2c}, (std::uint64_t{1} << 62) - 1}) {
    QVERIFY(toError(code, "x").code == ErrorCode::ProtocolViolation);
  }
}

void ErrorCodesTest::reasonsAreMadeHarmless() {
  QCOMPARE(toError(0x08, "back at noon").detail, std::string("the peer is shutting down: back at noon"));
  const Error error = toError(0, "a\r\nb\x1b[2J\x7f");
  QCOMPARE(error.detail, std::string("the peer closed: a b[2J"));
  QVERIFY(toError(0, std::string(10'000, 'x')).detail.size() < 300);
}

QTEST_APPLESS_MAIN(ErrorCodesTest)
#include "error_codes_test.moc"
