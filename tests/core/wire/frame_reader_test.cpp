// SPDX-License-Identifier: Apache-2.0
// Frames out of a stream of bytes: the same events however the bytes are split, bounded memory, order kept.
#include <QTest>

#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/wire/http_frames.h"
#include "core/wire/varint.h"

using namespace adit;
using namespace adit::wire;

namespace {

std::string frame(std::uint64_t type, std::string_view payload) {
  std::uint8_t room[16];
  std::size_t size = writeVarint(type, room);
  size += writeVarint(payload.size(), room + size);
  return std::string(asText({room, size})) + std::string(payload);
}

/// Writes down what happens; pieces of content are joined, since their boundaries mean nothing.
class Recorder final : public FrameReader::Handler {
 public:
  Result<> onFrame(FrameType type, ByteView payload) override {
    if (failAtFrame) return fail(ErrorCode::InvalidArgument, "not wanted");
    m_inBody = false;
    log.append("[")
        .append(std::to_string(static_cast<int>(type)))
        .append(":")
        .append(asText(payload))
        .append("]");
    last = payload.data();
    return {};
  }
  Result<> onBody(ByteView data) override {
    if (data.empty()) return fail(ErrorCode::Internal, "an empty piece");
    if (!m_inBody) log += "|";
    m_inBody = true;
    log += asText(data);
    last = data.data();
    return {};
  }
  std::string log;
  const void* last = nullptr;
  bool failAtFrame = false;

 private:
  bool m_inBody = false;
};

struct Outcome {
  std::string log;
  bool failed = false;
  ErrorCode code = ErrorCode::Internal;
  bool atBoundary = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(const std::string& text, std::size_t step) {
  FrameReader reader;
  Recorder recorder;
  Outcome outcome;
  for (std::size_t at = 0; at < text.size(); at += step) {
    const std::string piece = text.substr(at, step);  // its own memory
    if (auto result = reader.feed(asBytes(piece), recorder); !result) {
      outcome.failed = true;
      outcome.code = result.error().code;
      break;
    }
  }
  outcome.log = recorder.log;
  outcome.atBoundary = reader.atFrameBoundary();
  return outcome;
}

Outcome readEveryWay(const std::string& text) {
  const Outcome whole = read(text, text.empty() ? 1 : text.size());
  const auto same = [&whole](const Outcome& other) {
    return other.log == whole.log && other.failed == whole.failed &&
           (!whole.failed || other.code == whole.code) &&
           (whole.failed || other.atBoundary == whole.atBoundary);
  };
  for (std::size_t step = 1; step < text.size(); step = step < 20 ? step + 1 : step * 2) {
    if (!same(read(text, step)))
      return {"differs at step " + std::to_string(step), true, ErrorCode::Internal, false};
  }
  for (std::size_t cut = 1; cut < std::min<std::size_t>(text.size(), 2000); ++cut) {
    FrameReader reader;
    Recorder recorder;
    Outcome outcome;
    auto result = reader.feed(asBytes(text).first(cut), recorder);
    if (result) result = reader.feed(asBytes(text).subspan(cut), recorder);
    if (!result)
      outcome = {recorder.log, true, result.error().code, false};
    else
      outcome = {recorder.log, false, ErrorCode::Internal, reader.atFrameBoundary()};
    if (!same(outcome)) return {"differs at cut " + std::to_string(cut), true, ErrorCode::Internal, false};
  }
  return whole;
}

const std::string kHead = frame(1, "request");
const std::string kAnswer = frame(2, "answer");

}  // namespace

class FrameReaderTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void writesHeaders();
  void reads_data();
  void reads();
  void refuses_data();
  void refuses();
  void boundaries();
  void handsOverInPlace();
  void stopsAtTheHandlersError();
  void resetStartsAnew();
  void skippedFramesAreBounded();
  void bigContent();
  void randomStreams();
};

void FrameReaderTest::writesHeaders() {
  std::uint8_t room[kMaxFrameHeader];
  QCOMPARE(writeFrameHeader(FrameType::Data, 16, room), std::size_t{2});
  QCOMPARE(room[0], std::uint8_t{0});
  QCOMPARE(room[1], std::uint8_t{16});
  QCOMPARE(writeFrameHeader(FrameType::Trailers, kVarintMax, room), kMaxFrameHeader);
  QCOMPARE(room[0], std::uint8_t{4});
}

void FrameReaderTest::reads_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QByteArray>("log");
  const auto row = [](const char* name, const std::string& text, const char* log) {
    QTest::newRow(name) << QByteArray::fromStdString(text) << QByteArray(log);
  };
  row("nothing", "", "");
  row("a request", kHead, "[1:request]");
  row("with content", kHead + frame(0, "abc") + frame(0, "def"), "[1:request]|abcdef");
  row("with trailers", kHead + frame(0, "abc") + frame(4, "t"), "[1:request]|abc[4:t]");
  row("empty trailers", kHead + frame(4, ""), "[1:request][4:]");
  row("an empty head", frame(1, ""), "[1:]");
  row("empty content", kHead + frame(0, "") + frame(0, "a") + frame(0, ""), "[1:request]|a");
  row("an answer", kAnswer + frame(0, "abc"), "[2:answer]|abc");
  row("interim answers", frame(3, "i") + frame(3, "j") + kAnswer, "[3:i][3:j][2:answer]");
  row("unknown frames anywhere",
      frame(5, "x") + kHead + frame(0x1fff, "yy") + frame(0, "abc") + frame(100, "") + frame(4, "t") +
          frame(63, "z"),
      "[1:request]|abc[4:t]");
  row("lengths longer than necessary",
      std::string("\x40\x01\xc0\0\0\0\0\0\0\x01r", 11) + std::string("\x80\0\0\0\x40\x03", 6) + "abc",
      "[1:r]|abc");
  row("a large head", frame(1, std::string(65'536, 'h')), ("[1:" + std::string(65'536, 'h') + "]").c_str());
}

void FrameReaderTest::reads() {
  QFETCH(QByteArray, text);
  QFETCH(QByteArray, log);
  const Outcome outcome = readEveryWay(text.toStdString());
  QCOMPARE(outcome.log, log.toStdString());
  QVERIFY(!outcome.failed);
  QVERIFY(outcome.atBoundary);
}

void FrameReaderTest::refuses_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<int>("code");
  const auto row = [](const char* name, const std::string& text,
                      ErrorCode code = ErrorCode::ProtocolViolation) {
    QTest::newRow(name) << QByteArray::fromStdString(text) << static_cast<int>(code);
  };
  row("content first", frame(0, "abc"));
  row("empty content first", frame(0, ""));
  row("trailers first", frame(4, ""));
  row("two request heads", kHead + kHead);
  row("two answers", kAnswer + kAnswer);
  row("an answer after a request", kHead + kAnswer);
  row("a request after an interim answer", frame(3, "i") + kHead);
  row("an interim answer after the answer", kAnswer + frame(3, "i"));
  row("content after an interim answer", frame(3, "i") + frame(0, "a"));
  row("content after trailers", kHead + frame(4, "t") + frame(0, "a"));
  row("two trailers", kHead + frame(4, "t") + frame(4, "t"));
  row("a head after trailers", kHead + frame(4, "t") + kHead);
  row("a head too large", frame(1, std::string(65'537, 'h')), ErrorCode::LimitExceeded);
  row("only the header of a head too large", std::string("\x01\xff\xff\xff\xff\xff\xff\xff\xff", 9),
      ErrorCode::LimitExceeded);
  row("trailers too large", kHead + std::string("\x04\x80\x01\0\x01", 5), ErrorCode::LimitExceeded);
  row("an unknown frame too large", std::string("\x05\x80\x01\0\x01", 5), ErrorCode::LimitExceeded);
}

void FrameReaderTest::refuses() {
  QFETCH(QByteArray, text);
  QFETCH(int, code);
  const Outcome outcome = readEveryWay(text.toStdString());
  QVERIFY(outcome.failed);
  QCOMPARE(static_cast<int>(outcome.code), code);
}

void FrameReaderTest::boundaries() {
  const std::string text = kHead + frame(0, "abc") + frame(9, "unknown") + frame(4, "t");
  std::vector<std::size_t> expected = {0, kHead.size(), kHead.size() + 5, kHead.size() + 14, text.size()};
  std::vector<std::size_t> boundaries;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    FrameReader reader;
    Recorder recorder;
    QVERIFY(reader.feed(asBytes(text).first(size), recorder).has_value());
    if (reader.atFrameBoundary()) boundaries.push_back(size);
    QCOMPARE(reader.sawHead(), size >= 2);
  }
  QCOMPARE(boundaries, expected);
}

void FrameReaderTest::handsOverInPlace() {
  const std::string text = kHead + frame(0, "abc");
  FrameReader reader;
  Recorder recorder;
  QVERIFY(reader.feed(asBytes(kHead), recorder).has_value());
  QCOMPARE(recorder.last, static_cast<const void*>(kHead.data() + 2));
  const std::string body = frame(0, "abc");
  QVERIFY(reader.feed(asBytes(body).first(3), recorder).has_value());
  QCOMPARE(recorder.last, static_cast<const void*>(body.data() + 2));
  QVERIFY(reader.feed(asBytes(body).subspan(3), recorder).has_value());
  QCOMPARE(recorder.last, static_cast<const void*>(body.data() + 3));
}

void FrameReaderTest::stopsAtTheHandlersError() {
  FrameReader reader;
  Recorder recorder;
  recorder.failAtFrame = true;
  const auto result = reader.feed(asBytes(kHead + frame(0, "abc")), recorder);
  QVERIFY(!result.has_value());
  QVERIFY(result.error().code == ErrorCode::InvalidArgument);
  QVERIFY(recorder.log.empty());
}

void FrameReaderTest::resetStartsAnew() {
  FrameReader reader;
  Recorder recorder;
  for (std::size_t size = 0; size < kHead.size(); ++size) {
    QVERIFY(reader.feed(asBytes(kHead).first(size), recorder).has_value());
    reader.reset();
    QVERIFY(reader.atFrameBoundary());
    QVERIFY(!reader.sawHead());
  }
  QVERIFY(reader.feed(asBytes(kHead), recorder).has_value());
  QCOMPARE(recorder.log, std::string("[1:request]"));
}

void FrameReaderTest::skippedFramesAreBounded() {
  std::string text;
  for (std::uint32_t i = 0; i < kMaxUnknownFrames; ++i) text += frame(7, "");
  QVERIFY(!read(text, text.size()).failed);
  const Outcome outcome = readEveryWay(text + frame(7, ""));
  QVERIFY(outcome.failed);
  QVERIFY(outcome.code == ErrorCode::LimitExceeded);
}

void FrameReaderTest::bigContent() {
  // A frame of 2^40 bytes costs no memory: only what came is handed through.
  FrameReader reader;
  Recorder recorder;
  QVERIFY(reader.feed(asBytes(kHead), recorder).has_value());
  std::uint8_t header[kMaxFrameHeader];
  const std::size_t size = writeFrameHeader(FrameType::Data, std::uint64_t{1} << 40, header);
  QVERIFY(reader.feed({header, size}, recorder).has_value());
  QVERIFY(!reader.atFrameBoundary());
  const std::string piece(1000, 'x');
  for (int i = 0; i < 100; ++i) QVERIFY(reader.feed(asBytes(piece), recorder).has_value());
  QCOMPARE(recorder.log.size(), std::string("[1:request]|").size() + 100'000);
}

void FrameReaderTest::randomStreams() {
  SeededRandom random(13);
  for (int round = 0; round < 100; ++round) {
    std::string text;
    for (std::uint64_t count = random.below(12); count > 0; --count) {
      std::string payload(random.below(60), '\0');
      for (char& c : payload) c = static_cast<char>(random.below(256));
      text += frame(random.below(7), payload);
    }
    const Outcome outcome = readEveryWay(text);
    QVERIFY2(!outcome.log.starts_with("differs"), outcome.log.c_str());
  }
}

QTEST_APPLESS_MAIN(FrameReaderTest)
#include "frame_reader_test.moc"
