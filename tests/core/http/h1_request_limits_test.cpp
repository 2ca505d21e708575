// SPDX-License-Identifier: Apache-2.0
// What a request head may cost, and what damage does to it.
#include <QTest>

#include <string>
#include <utility>

#include "core/base/random.h"
#include "core/http/h1_parser.h"
#include "tests/core/support/h1_requests.h"

using namespace adit::http;
using namespace adit::test;

class H1RequestLimitsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void truncatedHeadsNeedMore();
  void keepsLimits();
  void aSlowHeadCostsLinearTime();
  void everyByteInANameOrValue();
  void doesNotAllocateWhenWarm();
  void leavesWhatFollowsAlone();
  void randomDamageIsJudgedTheSame();
};

void H1RequestLimitsTest::truncatedHeadsNeedMore() {
  const std::string text =
      "\r\nGET /a?b HTTP/1.1\r\nHost: a.example:80\r\nAccept: */*\r\nContent-Length: 10\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const std::string part =
        text.substr(0, size);  // its own buffer: a read past the end is seen by the sanitizer
    Parsed parsed;
    parseWhole(part, {}, parsed);
    QCOMPARE(parsed.result.status, ParseStatus::NeedMore);
    QCOMPARE(parsed.result.errorStatus, std::uint16_t{0});
  }
}

void H1RequestLimitsTest::keepsLimits() {
  const HeadLimits limits{256, 64, 4};
  const auto status = [&limits](const std::string& text) {
    Parsed parsed;
    parseEveryWay(text, limits, parsed);
    return parsed.result.status == ParseStatus::Invalid    ? int{parsed.result.errorStatus}
           : parsed.result.status == ParseStatus::Complete ? 0
                                                           : 1;
  };
  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  QCOMPARE(status(target(64)), 0);
  QCOMPARE(status(target(65)), 414);
  QCOMPARE(status("GET /" + std::string(63, 'a')), 1);
  // What percent-encoding makes of raw UTF-8 counts: six bytes for these two.
  const auto encoded = [](std::size_t size) {
    return "GET /\xc3\xa9" + std::string(size - 7, 'a') + "\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  QCOMPARE(status(encoded(58)), 0);
  QCOMPARE(status(encoded(59)), 414);
  QCOMPARE(status("GET /" + std::string(63, 'a') + "\xc3\xa9 HTTP/1.1\r\n"), 414);
  Parsed early;
  parseWhole("GET /" + std::string(64, 'a'), limits, early);  // no need to wait for the rest
  QCOMPARE(early.result.errorStatus, std::uint16_t{414});

  const std::string open = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
  const auto sized = [&open](std::size_t size) {
    return open + std::string(size - open.size() - 4, 'x') + "\r\n\r\n";
  };
  QCOMPARE(sized(256).size(), std::size_t{256});
  QCOMPARE(status(sized(256)), 0);
  QCOMPARE(status(sized(257)), 431);
  QCOMPARE(status(open + std::string(300, 'x')), 431);
  QCOMPARE(status(std::string("\r\n") + sized(255)), 431);  // empty lines count too

  QCOMPARE(status("GET / HTTP/1.1\r\nHost: a\r\nA:\r\nA:\r\nA:\r\n\r\n"), 0);
  QCOMPARE(status("GET / HTTP/1.1\r\nHost: a\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n"), 431);
}

void H1RequestLimitsTest::aSlowHeadCostsLinearTime() {
  // Each byte is looked at a bounded number of times: `scanned` moves with the data although the head is
  // never complete.
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  while (text.size() < 30'000) text += "A: b\r\n";
  HeadLimits limits;
  limits.fields = 10'000;
  std::size_t scanned = 0;
  RequestHead head;
  RequestTraits traits;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const auto result = parseRequestHead({text.data(), size}, limits, scanned, head, traits);
    QCOMPARE(result.status, ParseStatus::NeedMore);
    QCOMPARE(scanned, size);
    QVERIFY(head.fields.empty());  // no second attempt before there is reason for one
  }
}

void H1RequestLimitsTest::everyByteInANameOrValue() {
  const std::string token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (int c = 0; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    // At every distance from the start of a block of sixteen, and in the tail.
    for (std::size_t before : {0U, 1U, 7U, 15U, 16U, 31U}) {
      Parsed parsed;
      parseWhole(get("A: " + std::string(before, 'x') + byte + std::string(20, 'y') + "\r\n"), {}, parsed);
      const bool sound = c == '\t' || (c >= 0x20 && c != 0x7f);
      QCOMPARE(parsed.result.status == ParseStatus::Complete, sound);
      parseWhole(get(std::string(before, 'x') + byte + "z: v\r\n"), {}, parsed);
      const bool name = token.find(byte) != std::string::npos || (byte == ':' && before != 0);
      QCOMPARE(parsed.result.status == ParseStatus::Complete, name);
      parseWhole(
          "GET /" + std::string(before, 'x') + byte + std::string(20, 'y') + " HTTP/1.1\r\nHost: a\r\n\r\n",
          {}, parsed);
      QCOMPARE(parsed.result.status == ParseStatus::Complete, c > 0x20 && c < 0x7f && c != '#');
    }
  }
}

void H1RequestLimitsTest::doesNotAllocateWhenWarm() {
  const std::string text = get("A: b\r\nC: d\r\n");
  Parsed parsed;
  parseWhole(text, {}, parsed);
  const Field* const storage = parsed.head.fields.data();
  parseWhole(text, {}, parsed);
  QCOMPARE(parsed.head.fields.data(), storage);
  QCOMPARE(parsed.head.fields.size(), std::size_t{3});
}

void H1RequestLimitsTest::leavesWhatFollowsAlone() {
  const std::string first = get("A: b\r\n");
  const std::string text = first + "GET /second HTTP/1.1\r\nHost: b\r\n\r\n";
  Parsed parsed;
  parseWhole(text, {}, parsed);
  QCOMPARE(parsed.result.consumed, first.size());
  parseWhole(text.substr(parsed.result.consumed), {}, parsed);
  QCOMPARE(parsed.result.status, ParseStatus::Complete);
}

void H1RequestLimitsTest::randomDamageIsJudgedTheSame() {
  adit::SeededRandom random(20);
  const std::string sound = get("Content-Length: 3\r\nAccept: */*\r\n");
  for (int round = 0; round < 20'000; ++round) {
    std::string text = sound;
    const std::size_t changes = 1 + random.below(3);
    for (std::size_t i = 0; i < changes; ++i)
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    text += "\r\n\r\n";  // so that there is a verdict
    Parsed parsed;
    parseWhole(text, {}, parsed);
    QVERIFY(parsed.result.status != ParseStatus::NeedMore);
    Parsed grown;
    std::string buffer;
    const ParseResult other = parseGrowing(text, {}, 1 + random.below(9), grown, buffer);
    QVERIFY(sameVerdict(parsed.result, other));
    if (parsed.result.status != ParseStatus::Complete) continue;
    for (const Field& field : parsed.head.fields) {
      QVERIFY(!field.name.empty());
      QVERIFY(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    }
  }
}

QTEST_APPLESS_MAIN(H1RequestLimitsTest)
#include "h1_request_limits_test.moc"
