// SPDX-License-Identifier: Apache-2.0
// Chunked bodies: what they decode to, however they are split, and what is refused.
#include <QTest>

#include <optional>
#include <string>

#include "core/base/random.h"
#include "core/http/h1_parser.h"
#include "core/http/h1_writer.h"

using namespace adit::http;
using Event = ChunkedDecoder::Event;

namespace {

struct Decoded {
  Event last = Event::NeedMore;
  std::string body;
  std::string rest;  // after End
};

/// Decodes `text` in pieces of `step` bytes.
Decoded decode(ChunkedDecoder& decoder, std::string_view text, std::size_t step) {
  Decoded decoded;
  while (!text.empty()) {
    const std::string piece(text.substr(0, step));  // its own memory: reads past the end are seen
    std::string_view input = piece;
    for (;;) {
      const ChunkedDecoder::Step result = decoder.next(input);
      decoded.last = result.event;
      decoded.body += result.data;
      input.remove_prefix(result.consumed);
      if (result.event != Event::Data) break;
    }
    text.remove_prefix(piece.size() - input.size());
    if (decoded.last == Event::NeedMore && !input.empty()) qFatal("NeedMore left bytes");
    if (decoded.last != Event::NeedMore) break;
  }
  decoded.rest = text;
  return decoded;
}

}  // namespace

class ChunkedDecoderTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void decodes_data();
  void decodes();
  void refuses_data();
  void refuses();
  void truncatedNeedsMore();
  void dataIsAViewIntoTheInput();
  void collectsTrailers();
  void dropsForbiddenTrailers();
  void keepsLimits();
  void staysAsItEnded();
  void roundTripOfRandomBodies();
};

void ChunkedDecoderTest::decodes_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QByteArray>("body");
  QTest::newRow("empty") << QByteArray("0\r\n\r\n") << QByteArray("");
  QTest::newRow("one") << QByteArray("5\r\nhello\r\n0\r\n\r\n") << QByteArray("hello");
  QTest::newRow("two") << QByteArray("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n") << QByteArray("hello world");
  QTest::newRow("capitals") << QByteArray("A\r\n0123456789\r\n0\r\n\r\n") << QByteArray("0123456789");
  QTest::newRow("small letters") << QByteArray("a\r\n0123456789\r\n0\r\n\r\n") << QByteArray("0123456789");
  QTest::newRow("zeros before") << QByteArray("0005\r\nhello\r\n000\r\n\r\n") << QByteArray("hello");
  QTest::newRow("line ends in data") << QByteArray("4\r\n\r\n\r\n\r\n0\r\n\r\n") << QByteArray("\r\n\r\n");
  QTest::newRow("extension") << QByteArray("5;a=b\r\nhello\r\n0;c\r\n\r\n") << QByteArray("hello");
  QTest::newRow("quoted extension") << QByteArray("5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n") << QByteArray("hello");
  QTest::newRow("blanks before an extension")
      << QByteArray("5 \t;a=b\r\nhello\r\n0\r\n\r\n") << QByteArray("hello");
  QTest::newRow("trailers") << QByteArray("5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n") << QByteArray("hello");
}

void ChunkedDecoderTest::decodes() {
  QFETCH(QByteArray, text);
  QFETCH(QByteArray, body);
  const std::string all = text.toStdString() + "GET ";
  for (std::size_t step = 1; step <= all.size(); ++step) {
    ChunkedDecoder decoder;
    const Decoded decoded = decode(decoder, all, step);
    QCOMPARE(decoded.last, Event::End);
    QCOMPARE(decoded.body, body.toStdString());
    QCOMPARE(decoded.rest, std::string("GET "));
  }
}

void ChunkedDecoderTest::refuses_data() {
  QTest::addColumn<QByteArray>("text");
  const auto row = [](const char* name, const std::string& text) {
    QTest::newRow(name) << QByteArray::fromStdString(text);
  };
  row("no digits", "\r\nhello");
  row("not hexadecimal", "g\r\n");
  row("0x", "0x5\r\nhello\r\n");
  row("plus", "+5\r\nhello\r\n");
  row("minus", "-5\r\nhello\r\n");
  row("space before", " 5\r\nhello\r\n");
  row("space after", "5 \r\nhello\r\n");
  row("tab after", "5\t\r\nhello\r\n");
  row("bare line feed", "5\nhello\r\n");
  row("bare carriage return", "5\rhello\r\n");
  row("two carriage returns", "5\r\r\nhello\r\n");
  row("bare line feed in an extension", "5;a\nhello\r\n");
  row("control in an extension", "5;a\x01\r\nhello\r\n");
  row("bare carriage return in an extension", "5;a\rb\r\nhello\r\n");
  row("only an extension", ";a\r\n");
  row("data too long", "5\r\nhello!\r\n");
  row("data too short", "5\r\nhel\r\n0\r\n\r\n");
  row("bare line feed after data", "5\r\nhello\n0\r\n\r\n");
  row("2^62", "4000000000000000\r\n");
  row("2^64", "10000000000000000\r\n");
  row("17 digits", "00000000000000005\r\n");
  row("bare line feed after the last chunk", "0\n\r\n");
  row("bare line feed at the end", "0\r\n\n");
  row("trailer with a bare line feed", "0\r\nA: b\n\r\n");
  row("trailer without colon", "0\r\nA\r\n\r\n");
  row("trailer folded", "0\r\nA: b\r\n c\r\n\r\n");
  row("trailer with space before the colon", "0\r\nA : b\r\n\r\n");
  row("trailer with a bare carriage return", "0\r\nA: b\rc\r\n\r\n");
  row("trailer with NUL", std::string("0\r\nA: \0\r\n\r\n", 11));
}

void ChunkedDecoderTest::refuses() {
  QFETCH(QByteArray, text);
  for (std::size_t step = 1; step <= static_cast<std::size_t>(text.size()); ++step) {
    ChunkedDecoder decoder;
    QCOMPARE(decode(decoder, text.toStdString(), step).last, Event::Invalid);
    QCOMPARE(decoder.next("0\r\n\r\n").event, Event::Invalid);  // for good
  }
}

void ChunkedDecoderTest::truncatedNeedsMore() {
  const std::string text = "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    ChunkedDecoder decoder;
    QCOMPARE(decode(decoder, text.substr(0, size), 3).last, Event::NeedMore);
  }
}

void ChunkedDecoderTest::dataIsAViewIntoTheInput() {
  const std::string text = "5\r\nhello\r\n0\r\n\r\n";
  ChunkedDecoder decoder;
  const auto step = decoder.next(text);
  QCOMPARE(step.event, Event::Data);
  QCOMPARE(static_cast<const void*>(step.data.data()), static_cast<const void*>(text.data() + 3));
  QCOMPARE(step.consumed, std::size_t{8});
}

void ChunkedDecoderTest::collectsTrailers() {
  for (std::size_t step : {1U, 3U, 100U}) {
    ChunkedDecoder decoder;
    QCOMPARE(decode(decoder, "0\r\nX-Sum: abc\r\nGrpc-Status:0\r\n\r\n", step).last, Event::End);
    QCOMPARE(decoder.trailers().size(), std::size_t{2});
    QCOMPARE(decoder.trailers()[0].name, std::string_view("X-Sum"));
    QCOMPARE(decoder.trailers()[0].value, std::string_view("abc"));
    QCOMPARE(decoder.trailers()[1].value, std::string_view("0"));
    decoder.reset();
    QVERIFY(decoder.trailers().empty());
    QCOMPARE(decode(decoder, "0\r\n\r\n", step).last, Event::End);
    QVERIFY(decoder.trailers().empty());
  }
}

void ChunkedDecoderTest::dropsForbiddenTrailers() {
  ChunkedDecoder decoder;
  const char* text =
      "0\r\nContent-Length: 5\r\nX-Sum: a\r\nTransfer-Encoding: chunked\r\nHost: b\r\nAuthorization: c\r\n"
      "x_forwarded_for: 1\r\nSet-Cookie: d\r\n\r\n";
  QCOMPARE(decode(decoder, text, 7).last, Event::End);
  QCOMPARE(decoder.trailers().size(), std::size_t{1});
  QCOMPARE(decoder.trailers()[0].name, std::string_view("X-Sum"));
}

void ChunkedDecoderTest::keepsLimits() {
  const auto ends = [](const std::string& text) {
    std::optional<Event> event;
    for (std::size_t step : {std::size_t{1}, std::size_t{17}, text.size()}) {
      ChunkedDecoder decoder;
      const Event last = decode(decoder, text, step).last;
      if (event && *event != last) return Event::NeedMore;
      event = last;
    }
    return *event;
  };
  const auto extension = [](std::size_t size) {
    return "1;" + std::string(size - 1, 'e') + "\r\nx\r\n0\r\n\r\n";
  };
  QCOMPARE(ends(extension(256)), Event::End);
  QCOMPARE(ends(extension(257)), Event::Invalid);
  QCOMPARE(ends("1" + std::string(257, ' ') + ";\r\nx\r\n0\r\n\r\n"), Event::Invalid);
  const auto trailers = [](int count) {
    std::string text = "0\r\n";
    for (int i = 0; i < count; ++i) text += "X: y\r\n";
    return text + "\r\n";
  };
  QCOMPARE(ends(trailers(32)), Event::End);
  QCOMPARE(ends(trailers(33)), Event::Invalid);
  // 8 KiB with the line ends.
  QCOMPARE(ends("0\r\nX: " + std::string(8192 - 7, 'v') + "\r\n\r\n"), Event::End);
  QCOMPARE(ends("0\r\nX: " + std::string(8192 - 6, 'v') + "\r\n\r\n"), Event::Invalid);
}

void ChunkedDecoderTest::staysAsItEnded() {
  ChunkedDecoder decoder;
  QCOMPARE(decode(decoder, "0\r\n\r\n", 100).last, Event::End);
  const auto step = decoder.next("5\r\nhello\r\n");
  QCOMPARE(step.event, Event::End);
  QCOMPARE(step.consumed, std::size_t{0});
  QCOMPARE(decoder.next("").event, Event::End);
}

void ChunkedDecoderTest::roundTripOfRandomBodies() {
  adit::SeededRandom random(7);
  ChunkedDecoder decoder;
  for (int round = 0; round < 200; ++round) {
    std::string body;
    std::string text;
    for (std::uint64_t chunks = random.below(6); chunks > 0; --chunks) {
      std::string chunk(1 + random.below(300), '\0');
      for (char& c : chunk) c = static_cast<char>(random.below(256));
      std::uint8_t head[18];
      text.append(reinterpret_cast<const char*>(head), writeChunkHead(chunk.size(), head));
      text += chunk;
      text += kChunkTail;
      body += chunk;
    }
    text += kLastChunk;
    text += "\r\n";
    const Decoded decoded = decode(decoder, text, 1 + random.below(40));
    QCOMPARE(decoded.last, Event::End);
    QCOMPARE(decoded.body, body);
    decoder.reset();
  }
}

QTEST_APPLESS_MAIN(ChunkedDecoderTest)
#include "chunked_decoder_test.moc"
