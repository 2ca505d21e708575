// SPDX-License-Identifier: Apache-2.0
// Heads and trailers made and broken at random: round trips, truncation, noise.
#include <QTest>

#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/http/field_names.h"
#include "core/wire/http_frames.h"
#include "tests/core/support/frame_bytes.h"

using namespace adit;
using namespace adit::wire;
using namespace adit::test;
using http::BodyFraming;

class HttpFramesRandomTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void truncatedNeverReadsBeyond();
  void randomRequestsRoundTrip();
  void randomResponsesRoundTrip();
  void randomBytesAreSafe();
};

void HttpFramesRandomTest::truncatedNeverReadsBeyond() {
  http::RequestHead head;
  head.method = "PROPFIND";
  head.target = "/a/b";
  head.authority = "a.example:8080";
  head.fields = {{"Accept", "*/*"}, {"X-Own", "value"}};
  const Bytes whole = written(RequestHeadFrame{&head, {BodyFraming::Length, 70'000}, false, true});
  std::vector<std::size_t> sound;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));  // its own memory
    if (readRequest(part).has_value()) sound.push_back(size);
  }
  // Only a cut between two fields is a head of its own.
  const std::size_t lastField = 1 + 1 + 5 + 1 + 5;
  const std::size_t firstField = 1 + 1 + 3;
  QCOMPARE(sound,
           (std::vector<std::size_t>{whole.size() - lastField - firstField, whole.size() - lastField}));
}

void HttpFramesRandomTest::randomRequestsRoundTrip() {
  SeededRandom random(5);
  const std::string methods[] = {"GET",     "HEAD",  "POST",  "PUT",   "DELETE",
                                 "OPTIONS", "PATCH", "TRACE", "PURGE", "M-SEARCH"};
  const auto text = [&random](std::size_t most) {
    std::string out(random.below(most + 1), '\0');
    for (char& c : out)
      c = static_cast<char>(random.below(2) == 0 ? 0x21 + random.below(0x5e) : 0x80 + random.below(0x80));
    return out;
  };
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> strings;
    strings.reserve(64);
    http::RequestHead head;
    head.method = methods[random.below(std::size(methods))];
    strings.emplace_back(1 + random.below(300), 'p');
    strings.back().front() = '/';
    head.target = strings.back();
    head.authority = random.below(3) == 0 ? "" : "[::1]:80";
    head.version = static_cast<http::Version>(random.below(3));
    for (std::uint64_t count = random.below(20); count > 0; --count) {
      const auto id = static_cast<http::FieldId>(26 + random.below(60));
      const std::string_view name = random.below(3) == 0   ? "X-Random"
                                    : random.below(2) == 0 ? http::fieldName(id)
                                                           : http::fieldNameLower(id);
      strings.push_back(text(200));
      head.fields.push_back({name, strings.back()});
    }
    RequestHeadFrame frame;
    frame.head = &head;
    frame.framing = {static_cast<BodyFraming>(random.below(3)), 0};
    if (frame.framing.body == BodyFraming::Length) frame.framing.length = random.next() >> 2;
    frame.expectContinue = frame.framing.body != BodyFraming::None && random.below(2) == 0;
    frame.webSocket = frame.framing.body == BodyFraming::None && head.method == "GET" && random.below(2) == 0;
    const Bytes payload = written(frame);
    http::RequestHead back;
    RequestHeadFrame backFrame;
    backFrame.head = &back;
    const auto result = readRequestHead(payload, backFrame);
    QVERIFY2(result.has_value(), result.has_value() ? "" : result.error().detail.c_str());
    QVERIFY(back.method == head.method);
    QVERIFY(back.target == head.target);
    QVERIFY(back.authority == head.authority);
    QVERIFY(back.version == head.version);
    QCOMPARE(join(back.fields), join(head.fields));
    QCOMPARE(backFrame.framing.body, frame.framing.body);
    QCOMPARE(backFrame.framing.length, frame.framing.length);
    QVERIFY(backFrame.expectContinue == frame.expectContinue);
    QVERIFY(backFrame.webSocket == frame.webSocket);
    QCOMPARE(written(backFrame), payload);
  }
}

void HttpFramesRandomTest::randomResponsesRoundTrip() {
  SeededRandom random(6);
  for (int round = 0; round < 500; ++round) {
    http::ResponseHead head;
    head.status = static_cast<std::uint16_t>(200 + random.below(400));
    if (head.status == 204 || head.status == 304) continue;
    head.reason = random.below(2) == 0 ? "Own words" : "OK";
    head.version = static_cast<http::Version>(random.below(3));
    const std::string value(random.below(20'000), 'v');
    head.fields = {{"Server", "x"}, {"set-cookie", value}, {"Set-Cookie", "second"}};
    ResponseHeadFrame frame{&head, {static_cast<BodyFraming>(random.below(3)), 0}};
    if (frame.framing.body == BodyFraming::Length)
      frame.framing.length = random.next() >> (2 + random.below(62));
    const Bytes payload = written(frame);
    http::ResponseHead back;
    ResponseHeadFrame backFrame{&back, {}};
    QVERIFY(readResponseHead(payload, backFrame).has_value());
    QVERIFY(back.status == head.status);
    QVERIFY(back.reason == head.reason);
    QVERIFY(back.version == head.version);
    QCOMPARE(join(back.fields), join(head.fields));
    QCOMPARE(written(backFrame), payload);
  }
}

void HttpFramesRandomTest::randomBytesAreSafe() {
  SeededRandom random(9);
  http::RequestHead head;
  head.method = "GET";
  head.target = "/x";
  head.authority = "a";
  head.fields = {{"Accept", "*/*"}, {"X-Own", "value"}};
  RequestHeadFrame frame;
  frame.head = &head;
  const Bytes sound = written(frame);
  for (int round = 0; round < 20'000; ++round) {
    Bytes payload = sound;
    for (std::uint64_t count = 1 + random.below(4); count > 0; --count) {
      payload[random.below(payload.size())] = static_cast<std::uint8_t>(random.below(256));
    }
    http::RequestHead back;
    RequestHeadFrame backFrame;
    backFrame.head = &back;
    if (!readRequestHead(payload, backFrame)) continue;
    for (const http::Field& field : back.fields) {
      QVERIFY(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    }
    // What was read can be written and read again, the same.
    const Bytes again = written(backFrame);
    QVERIFY(readRequest(again).has_value());
  }
}

QTEST_APPLESS_MAIN(HttpFramesRandomTest)
#include "http_frames_random_test.moc"
