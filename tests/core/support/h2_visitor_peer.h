// SPDX-License-Identifier: Apache-2.0
#pragma once
// A visitor that says any HTTP/2 frames it likes to an H2ServerSession, and the streams that come of it. Used
// by the tests of the server's session, on their thread.

#include <QTest>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/http/h2_server_session.h"
#include "tests/core/support/h2_frames.h"

namespace adit::test {

using namespace adit::http;

inline constexpr std::string_view kPreface = kH2PrefaceText;

class TestStream final : public H2ServerStream {
 public:
  explicit TestStream(H2ServerSession*& session) : m_session(session) {}
  std::string method, target, authority, body, trailers;
  bool complete = false, holdsCredit = false, webSocket = false;
  std::uint16_t refusedWith = 0;
  std::optional<H2Error> closed;
  std::function<void(TestStream&)> atEnd;

 private:
  void onRequestHead(H2ServerRequest& request) override {
    method = request.head.method;
    target = request.head.target;
    authority = request.head.authority;
    refusedWith = request.refusedWith;
    webSocket = request.webSocket;
  }
  void onRequestBody(ByteView data) override {
    body += asText(data);
    if (!holdsCredit) m_session->consume(streamId(), data.size());
  }
  void onRequestTrailers(std::span<const Field> fields) override {
    for (const Field& field : fields) trailers.append(field.name).append("=").append(field.value).append(";");
  }
  void onRequestEnd() override {
    complete = true;
    if (atEnd) atEnd(*this);
  }
  void onResponseSent(std::size_t) override {}
  void onStreamClosed(H2Error error) override { closed = error; }

  H2ServerSession*& m_session;
};

/// A visitor that says what it likes.
class Visitor final : private H2ServerSession::Handler, private H2ServerSession::Output {
 public:
  explicit Visitor(H2Limits limits = {}, bool hello = true, H2WindowBudget* growth = nullptr)
      : session(std::make_unique<H2ServerSession>(
            limits, HeadLimits{}, static_cast<H2ServerSession::Handler&>(*this), nullptr, growth)),
        pointer(session.get()) {
    reader.sawPreface = true;
    if (hello) say(std::string(kPreface) + h2::settings() + h2::settingsAck());
  }
  void say(std::string_view bytes) {
    session->receive(asBytes(bytes), now);
    session->produce(*this, now);
  }
  void sayOneByOne(std::string_view bytes) {
    for (const char& c : bytes) say({&c, 1});
  }
  void answer(TestStream& stream, std::string_view text, const std::vector<Field>& trailers = {}) {
    ResponseHead head;
    head.status = 200;
    head.fields = {{"Content-Type", "text/plain"}, {"Connection", "close"}, {"X-Mixed", " v "}};
    session->sendHead(stream, head, {BodyFraming::Chunked, 0}, false);
    session->sendBody(stream, writer.copy(asBytes(text)));
    session->setTrailers(stream, trailers);
    session->finish(stream);
  }
  [[nodiscard]] std::optional<std::uint32_t> goAwayCode() const {
    const h2::Frame* frame = reader.last(h2::kGoAway);
    if (frame == nullptr) return std::nullopt;
    return frame->number(4);
  }
  [[nodiscard]] std::optional<std::uint32_t> resetCode(std::uint32_t stream) const {
    for (const h2::Frame& frame : reader.frames) {
      if (frame.type == h2::kRstStream && frame.stream == stream) return frame.number();
    }
    return std::nullopt;
  }

  SlabPool slabs;
  SlabWriter writer{slabs};
  h2::Reader reader;
  std::vector<std::unique_ptr<TestStream>> streams;
  std::unique_ptr<H2ServerSession> session;
  H2ServerSession* pointer;
  Timestamp now = Timestamp(std::chrono::seconds(100));
  int malformedRequests = 0;
  bool room = true;
  bool holdsCredit = false;
  std::size_t roomFor = ~std::size_t{0};
  std::function<void(TestStream&)> atEnd;

 private:
  void onMalformedRequest() override { ++malformedRequests; }
  H2ServerStream* onRequest(H2ServerRequest&) override {
    streams.push_back(std::make_unique<TestStream>(pointer));
    streams.back()->atEnd = atEnd;
    streams.back()->holdsCredit = holdsCredit;
    return streams.back().get();
  }
  void write(ByteView bytes) override {
    reader.feed(asText(bytes));
    roomFor -= std::min(roomFor, bytes.size());
  }
  void write(Slice slice) override { write(slice.bytes()); }
  [[nodiscard]] bool hasRoom() const override { return room && roomFor > 0; }
};

inline h2::Headers request(const h2::Headers& more = {}, const std::string& method = "GET") {
  h2::Headers fields{
      {":method", method}, {":scheme", "http"}, {":authority", "shop.example"}, {":path", "/"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

inline std::string unknownFrame(std::size_t size = 0) {
  return h2::frame(0xee, 0, 0, std::string(size, 'x'));
}

inline void expectGoAway(const Visitor& peer, H2Error error) {
  QVERIFY2(peer.goAwayCode().has_value(), "no GOAWAY");
  QCOMPARE(*peer.goAwayCode(), static_cast<std::uint32_t>(error));
  QVERIFY(peer.session->isOver());
}

}  // namespace adit::test
