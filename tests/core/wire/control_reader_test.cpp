// SPDX-License-Identifier: Apache-2.0
// Control messages as a stream of bytes: pieces, unknown types, limits.
#include <QTest>

#include <string>

#include "core/base/random.h"
#include "core/wire/control_messages.h"
#include "tests/core/support/control_samples.h"

using namespace adit;
using namespace adit::wire;
using namespace adit::test;

class ControlReaderTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void readerTakesOneByteAtATime();
  void readerTakesManyAtOnce();
  void readerSkipsUnknownTypes();
  void readerRefusesLongMessagesEarly();
  void readerBoundsItsMemory();
  void readerSurvivesRandomStreams();
};

void ControlReaderTest::readerTakesOneByteAtATime() {
  std::string stream;
  for (const auto& message : everyMessage()) stream += encode(message);
  ControlReader reader;
  std::vector<ControlMessage> got;
  ControlMessage message;
  for (const char c : stream) {
    QVERIFY(reader.feed(asBytes({&c, 1})).has_value());
    for (;;) {
      const auto next = reader.next(message);
      QVERIFY(next.has_value());
      if (!*next) break;
      got.push_back(message);
    }
  }
  QVERIFY(got == everyMessage());
  QCOMPARE(reader.taken(), std::uint64_t{everyMessage().size()});
}

void ControlReaderTest::readerTakesManyAtOnce() {
  std::string stream;
  for (int i = 0; i < 5000; ++i) stream += encode(Ping{static_cast<std::uint64_t>(i)});
  ControlReader reader;
  QVERIFY(reader.feed(asBytes(stream)).has_value());
  ControlMessage message;
  for (int i = 0; i < 5000; ++i) {
    QVERIFY(reader.next(message).value());
    QVERIFY(std::get<Ping>(message) == Ping{static_cast<std::uint64_t>(i)});
  }
  QVERIFY(!reader.next(message).value());
}

void ControlReaderTest::readerSkipsUnknownTypes() {
  ControlReader reader;
  // Their payload need not be CBOR.
  const std::string stream =
      framed(0, "") + framed(99, "\xff\xff") + framed(1'000'000, std::string(300, 'x')) + encode(Ping{1});
  QVERIFY(reader.feed(asBytes(stream)).has_value());
  ControlMessage message;
  QVERIFY(reader.next(message).value());
  QVERIFY(std::get<Ping>(message) == Ping{1});
  QCOMPARE(reader.taken(), std::uint64_t{4});
}

void ControlReaderTest::readerRefusesLongMessagesEarly() {
  for (const std::uint64_t type : {std::uint64_t{1}, std::uint64_t{9999}}) {
    ControlReader reader;
    reader.setLimit(kMaxLoginMessage);
    const std::string header = framed(type, std::string(kMaxLoginMessage + 1, 'x')).substr(0, 6);
    QVERIFY(reader.feed(asBytes(header)).has_value());
    ControlMessage message;
    const auto next = reader.next(message);
    QVERIFY(!next.has_value());
    QVERIFY(next.error().code == ErrorCode::LimitExceeded);
  }
}

void ControlReaderTest::readerBoundsItsMemory() {
  ControlReader reader;
  reader.setLimit(100);
  const std::string most(reader.room(), '\x06');
  QVERIFY(most.size() >= 100);
  QVERIFY(most.size() <= 116);
  QVERIFY(reader.feed(asBytes(most + "x")).error().code == ErrorCode::LimitExceeded);
  QVERIFY(reader.feed(asBytes(most)).has_value());
  QCOMPARE(reader.room(), std::size_t{0});
  // Wherever a message stands there is room for the rest of it.
  ControlReader exact;
  exact.setLimit(100);
  std::string long1 = framed(99, std::string(100, 'x'));
  ControlMessage message;
  for (const char c : long1) {
    QVERIFY(exact.room() > 0);
    QVERIFY(exact.feed(asBytes({&c, 1})).has_value());
    QVERIFY(!exact.next(message).value());
  }
  QCOMPARE(exact.taken(), std::uint64_t{1});
}

void ControlReaderTest::readerSurvivesRandomStreams() {
  SeededRandom random(2);
  for (int round = 0; round < 2000; ++round) {
    ControlReader reader;
    reader.setLimit(256);
    ControlMessage message;
    for (int part = 0; part < 20; ++part) {
      std::string bytes = random.below(3) == 0 ? encode(everyMessage()[random.below(8)])
                                               : std::string(random.below(40), '\0');
      if (bytes.find('\0') == 0) random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
      if (bytes.size() > reader.room()) break;
      QVERIFY(reader.feed(asBytes(bytes)).has_value());
      Result<bool> next = true;
      while (next && *next) next = reader.next(message);
      if (!next) break;
    }
  }
}

QTEST_APPLESS_MAIN(ControlReaderTest)
#include "control_reader_test.moc"
