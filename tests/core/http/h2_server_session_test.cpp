// SPDX-License-Identifier: Apache-2.0
// The server's HTTP/2 session, frame by frame: RFC 9113 sections 3 to 8, and what floods end with.
#include <QTest>

#include <functional>
#include <string>

#include "core/http/h2_server_session.h"
#include "tests/core/support/h2_frames.h"

using namespace adit;
using namespace adit::http;
using namespace adit::test;

namespace {

constexpr std::string_view kPreface = kH2PrefaceText;

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
  void onResponseSent() override {}
  void onStreamClosed(H2Error error) override { closed = error; }

  H2ServerSession*& m_session;
};

/// A visitor that says what it likes.
class Peer final : private H2ServerSession::Handler, private H2ServerSession::Output {
 public:
  explicit Peer(H2Limits limits = {}, bool hello = true)
      : session(std::make_unique<H2ServerSession>(limits, HeadLimits{},
                                                  static_cast<H2ServerSession::Handler&>(*this))),
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
  bool room = true;
  bool holdsCredit = false;
  std::size_t roomFor = ~std::size_t{0};
  std::function<void(TestStream&)> atEnd;

 private:
  H2ServerStream* onRequest(const H2ServerRequest&) override {
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

h2::Headers request(const h2::Headers& more = {}, const std::string& method = "GET") {
  h2::Headers fields{
      {":method", method}, {":scheme", "http"}, {":authority", "shop.example"}, {":path", "/"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

std::string unknownFrame(std::size_t size = 0) { return h2::frame(0xee, 0, 0, std::string(size, 'x')); }

}  // namespace

class H2ServerSessionTest : public QObject {
  Q_OBJECT

  void expectGoAway(const Peer& peer, H2Error error) {
    QVERIFY2(peer.goAwayCode().has_value(), "no GOAWAY");
    QCOMPARE(*peer.goAwayCode(), static_cast<std::uint32_t>(error));
    QVERIFY(peer.session->isOver());
  }

 private Q_SLOTS:
  void aRequestIsAnswered() {
    Peer peer;
    peer.say(h2::headers(1, request(), true));
    QCOMPARE(peer.streams.size(), std::size_t{1});
    QVERIFY(peer.streams[0]->complete);
    peer.answer(*peer.streams[0], "hello");
    peer.say("");
    const h2::Frame* head = peer.reader.last(h2::kHeaders);
    QVERIFY(head != nullptr);
    QCOMPARE(head->field(":status"), std::string("200"));
    QCOMPARE(head->field("content-type"), std::string("text/plain"));
    QCOMPARE(head->field("x-mixed"), std::string("v"));
    QCOMPARE(head->field("connection"), std::string("(none)"));
    QCOMPARE(peer.reader.content(1), std::string("hello"));
    QVERIFY(peer.reader.ended(1));
    QCOMPARE(*peer.streams[0]->closed, H2Error::NoError);
  }

  void bytesMayComeOneByOne() {
    Peer peer({}, false);
    peer.sayOneByOne(std::string(kPreface) + h2::settings() +
                     h2::headers(1, request({{"content-length", "3"}}, "POST")) + h2::data(1, "ab") +
                     h2::data(1, "c", true));
    QCOMPARE(peer.streams.size(), std::size_t{1});
    QCOMPARE(peer.streams[0]->body, std::string("abc"));
    QVERIFY(peer.streams[0]->complete);
    QVERIFY(!peer.goAwayCode());
  }

  void settingsAreAnnounced() {
    Peer peer;
    const h2::Frame& settings = peer.reader.frames.at(0);
    QCOMPARE(settings.type, std::uint8_t{h2::kSettings});
    QVERIFY(settings.payload.find(std::string("\0\x08\0\0\0\x01", 6)) != std::string::npos);  // RFC 8441
    QVERIFY(settings.payload.find(std::string("\0\x09\0\0\0\x01", 6)) != std::string::npos);  // RFC 9218
    QVERIFY(settings.payload.find(std::string("\0\x03\0\0\0\x64", 6)) != std::string::npos);
    QVERIFY(peer.session->settingsAcknowledged());
  }

  void trailersPassBothWays() {
    Peer peer;
    peer.say(h2::headers(1, request({{"te", "trailers"}}, "POST")) + h2::data(1, "x") +
             h2::headers(1, {{"check", "sum"}}, true));
    QCOMPARE(peer.streams[0]->trailers, std::string("check=sum;"));
    QVERIFY(peer.streams[0]->complete);
    peer.answer(*peer.streams[0], "y", {{"Grpc-Status", "0"}});
    peer.say("");
    const h2::Frame* trailers = peer.reader.last(h2::kHeaders);
    QCOMPARE(trailers->field("grpc-status"), std::string("0"));
    QVERIFY(trailers->ends());
  }

  void interimHeadsGoFirst() {
    Peer peer;
    peer.say(h2::headers(1, request(), true));
    ResponseHead early;
    early.status = 103;
    early.fields = {{"Link", "</a>"}};
    peer.session->sendInterim(*peer.streams[0], early);
    peer.answer(*peer.streams[0], "x");
    peer.say("");
    QCOMPARE(peer.reader.count(h2::kHeaders), std::size_t{2});
    for (const h2::Frame& frame : peer.reader.frames) {
      if (frame.type != h2::kHeaders) continue;
      QCOMPARE(frame.field(":status"), std::string("103"));
      break;
    }
  }

  void malformedRequestsAreReset_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    row("capital letters", h2::headers(1, request({{"Bad", "x"}}), true));
    row("te", h2::headers(1, request({{"te", "gzip"}}), true));
    row("connection", h2::headers(1, request({{"connection", "close"}}), true));
    row("line feed", h2::headers(1, request({{"a", "b\nc"}}), true));
    row("length without content", h2::headers(1, request({{"content-length", "1"}}), true));
    row("no path", h2::headers(1, {{":method", "GET"}, {":scheme", "http"}, {":authority", "a.b"}}, true));
    row("a response's field", h2::headers(1, request({{":status", "200"}}), true));
    row("host that differs", h2::headers(1, request({{"host", "other.example"}}), true));
  }
  void malformedRequestsAreReset() {
    QFETCH(QByteArray, bytes);
    Peer peer;
    peer.say(bytes.toStdString());
    QCOMPARE(peer.streams.size(), std::size_t{0});
    QCOMPARE(*peer.resetCode(1), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
    QVERIFY(!peer.goAwayCode());
    peer.say(h2::headers(3, request(), true));  // the others live on
    QCOMPARE(peer.streams.size(), std::size_t{1});
  }

  void contentMustFitItsLength() {
    Peer more;
    more.say(h2::headers(1, request({{"content-length", "3"}}, "POST")) + h2::data(1, "abcd"));
    QCOMPARE(*more.resetCode(1), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
    QVERIFY(!more.streams[0]->complete);
    QCOMPARE(more.streams[0]->body, std::string());
    QCOMPARE(*more.streams[0]->closed, H2Error::ProtocolError);
    Peer less;
    less.say(h2::headers(1, request({{"content-length", "3"}}, "POST")) + h2::data(1, "ab", true));
    QCOMPARE(*less.resetCode(1), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
    QVERIFY(!less.streams[0]->complete);
  }

  void trailersMustEndTheStream() {
    Peer peer;
    peer.say(h2::headers(1, request({}, "POST")) + h2::headers(1, {{"a", "b"}}, false));
    QCOMPARE(*peer.resetCode(1), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
    QVERIFY(!peer.streams[0]->complete);
  }

  void connectionErrors_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("code");
    const auto row = [](const char* name, const std::string& bytes, H2Error code) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes) << static_cast<int>(code);
    };
    const std::string open = h2::headers(1, request({}, "POST"));
    const std::string done = h2::headers(1, request(), true);
    row("DATA on stream 0", h2::frame(h2::kData, 0, 0, "x"), H2Error::ProtocolError);
    row("HEADERS on stream 0", h2::headers(0, request(), true), H2Error::ProtocolError);
    row("DATA on an idle stream", h2::data(3, "x"), H2Error::ProtocolError);
    row("RST_STREAM on an idle stream", h2::reset(3, 8), H2Error::ProtocolError);
    row("WINDOW_UPDATE on an idle stream", h2::windowUpdate(3, 8), H2Error::ProtocolError);
    row("even stream", h2::headers(2, request(), true), H2Error::ProtocolError);
    row("lower stream", h2::headers(5, request(), true) + h2::headers(3, request(), true),
        H2Error::ProtocolError);
    row("SETTINGS on a stream", h2::frame(h2::kSettings, 0, 1, ""), H2Error::ProtocolError);
    row("SETTINGS of odd size", h2::frame(h2::kSettings, 0, 0, "12345"), H2Error::FrameSizeError);
    row("acknowledgement with entries", h2::frame(h2::kSettings, 1, 0, "123456"), H2Error::FrameSizeError);
    row("ENABLE_PUSH 2", h2::settings({{2, 2}}), H2Error::ProtocolError);
    row("window beyond 2^31-1", h2::settings({{4, 0x80000000U}}), H2Error::FlowControlError);
    row("frame size too small", h2::settings({{5, 100}}), H2Error::ProtocolError);
    row("PING of 7", h2::frame(h2::kPing, 0, 0, "1234567"), H2Error::FrameSizeError);
    row("PING on a stream", h2::frame(h2::kPing, 0, 1, "12345678"), H2Error::ProtocolError);
    row("GOAWAY on a stream", h2::frame(h2::kGoAway, 0, 1, "12345678"), H2Error::ProtocolError);
    row("PUSH_PROMISE", open + h2::frame(h2::kPushPromise, 4, 1, h2::number32(2)), H2Error::ProtocolError);
    row("RST_STREAM of 3", open + h2::frame(h2::kRstStream, 0, 1, "123"), H2Error::FrameSizeError);
    row("connection WINDOW_UPDATE 0", h2::windowUpdate(0, 0), H2Error::ProtocolError);
    row("connection window overflow", h2::windowUpdate(0, 0x7fffffff), H2Error::FlowControlError);
    row("frame beyond 16384", open + h2::data(1, std::string(16385, 'x')), H2Error::FrameSizeError);
    row("padding longer than the frame", open + h2::frame(h2::kData, 8, 1, "\x05x"), H2Error::ProtocolError);
    row("CONTINUATION alone", h2::frame(h2::kContinuation, 4, 1, ""), H2Error::ProtocolError);
    row("frame inside a block", h2::frame(h2::kHeaders, 0, 1, "") + h2::ping(), H2Error::ProtocolError);
    row("CONTINUATION of another stream",
        h2::frame(h2::kHeaders, 0, 1, "") + h2::frame(h2::kContinuation, 4, 3, ""), H2Error::ProtocolError);
    row("index beyond the table", h2::frame(h2::kHeaders, 5, 1, "\xff\xff\x03"), H2Error::CompressionError);
    row("table beyond what we allow", h2::frame(h2::kHeaders, 5, 1, "\x3f\xff\xff\x03"),
        H2Error::CompressionError);
    row("DATA after the end", done + h2::data(1, "x"), H2Error::StreamClosed);
    row("HEADERS after the end", done + h2::headers(1, request(), true), H2Error::StreamClosed);
    row("DATA after a reset", open + h2::reset(1, 8) + h2::data(1, "x"), H2Error::StreamClosed);
    row("HEADERS after a reset", open + h2::reset(1, 8) + h2::headers(1, request(), true),
        H2Error::StreamClosed);
    row("stream that depends on itself", h2::frame(h2::kHeaders, 0x25, 1, h2::number32(1) + "\x10"),
        H2Error::ProtocolError);
  }
  void connectionErrors() {
    QFETCH(QByteArray, bytes);
    QFETCH(int, code);
    Peer peer;
    peer.say(bytes.toStdString());
    if (QLatin1String(QTest::currentDataTag()) == QLatin1String("stream that depends on itself")) {
      // Without the old priorities (RFC 9218) a dependency means nothing; a stream error would do, too.
      QVERIFY(!peer.goAwayCode() || *peer.goAwayCode() != 0);
      return;
    }
    expectGoAway(peer, static_cast<H2Error>(code));
  }

  void anotherPrefaceIsNoConnection() {
    Peer peer({}, false);
    peer.say("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
    QVERIFY(peer.session->isOver());
    QCOMPARE(peer.streams.size(), std::size_t{0});
  }

  void settingsMustComeFirst() {
    Peer peer({}, false);
    peer.say(std::string(kPreface) + h2::headers(1, request(), true));
    expectGoAway(peer, H2Error::ProtocolError);
    QCOMPARE(peer.streams.size(), std::size_t{0});
  }

  void aResetReachesTheStream() {
    Peer peer;
    peer.say(h2::headers(1, request({}, "POST")) + h2::reset(1, 8));
    QCOMPARE(*peer.streams[0]->closed, H2Error::Cancel);
    QVERIFY(!peer.goAwayCode());
    peer.session->consume(1, 0);
  }

  void framesThatCrossOurResetAreDiscarded() {
    Peer peer;
    peer.say(h2::headers(1, request({}, "POST")));
    peer.session->reset(*peer.streams[0], H2Error::InternalError);
    peer.say("");
    QCOMPARE(*peer.resetCode(1), static_cast<std::uint32_t>(H2Error::InternalError));
    peer.say(h2::data(1, "late") + h2::windowUpdate(1, 10) + h2::headers(1, {{"a", "b"}}, true));
    QVERIFY(!peer.goAwayCode());
    QCOMPARE(peer.streams[0]->body, std::string());
  }

  void whatBreaksOffIsShownBefore() {
    Peer peer;
    peer.say(h2::headers(1, request(), true));
    ResponseHead head;
    head.status = 200;
    peer.session->sendHead(*peer.streams[0], head, {BodyFraming::Chunked, 0}, false);
    peer.session->sendBody(*peer.streams[0], peer.writer.copy(asBytes("half")));
    peer.session->breakOff(*peer.streams[0], H2Error::InternalError);
    peer.say("");
    QCOMPARE(peer.reader.count(h2::kHeaders), std::size_t{1});
    QCOMPARE(peer.reader.content(1), std::string("half"));
    QCOMPARE(*peer.resetCode(1), static_cast<std::uint32_t>(H2Error::InternalError));
    QCOMPARE(*peer.streams[0]->closed, H2Error::InternalError);
    // ... also when nothing waits any more.
    peer.say(h2::headers(3, request(), true));
    peer.session->sendHead(*peer.streams[1], head, {BodyFraming::Chunked, 0}, false);
    peer.say("");
    QVERIFY(!peer.resetCode(3));
    peer.session->breakOff(*peer.streams[1], H2Error::Cancel);
    peer.say("");
    QCOMPARE(*peer.resetCode(3), static_cast<std::uint32_t>(H2Error::Cancel));
  }

  void anEarlyAnswerEndsTheRequest() {
    Peer peer;
    peer.say(h2::headers(1, request({}, "POST")) + h2::data(1, "x"));
    peer.answer(*peer.streams[0], "enough");
    peer.say("");
    QVERIFY(peer.reader.ended(1));
    QCOMPARE(*peer.resetCode(1), static_cast<std::uint32_t>(H2Error::NoError));
  }

  void windowsComeBackWithCredit() {
    Peer peer;
    peer.holdsCredit = true;
    peer.say(h2::headers(1, request({}, "POST")));
    const std::size_t before = peer.reader.count(h2::kWindowUpdate);
    for (int i = 0; i < 40; ++i) peer.say(h2::data(1, std::string(16384, 'x')));
    QCOMPARE(peer.reader.count(h2::kWindowUpdate), before);
    peer.session->consume(1, std::size_t{40} * 16384);
    peer.say("");
    QVERIFY(peer.reader.count(h2::kWindowUpdate) > before);
    // More than the window is an error.
    Peer greedy;
    greedy.holdsCredit = true;
    greedy.say(h2::headers(1, request({}, "POST")));
    for (int i = 0; i < 65 && !greedy.resetCode(1); ++i) greedy.say(h2::data(1, std::string(16384, 'x')));
    QVERIFY(greedy.resetCode(1) == static_cast<std::uint32_t>(H2Error::FlowControlError) ||
            greedy.goAwayCode());
  }

  void answersWaitForTheVisitorsWindow() {
    Peer peer;
    peer.say(h2::settings({{4, 10}}) + h2::headers(1, request(), true));
    peer.answer(*peer.streams[0], std::string(25, 'y'));
    peer.say("");
    QCOMPARE(peer.reader.content(1).size(), std::size_t{10});
    QVERIFY(peer.session->isBlocked(*peer.streams[0]));
    peer.say(h2::windowUpdate(1, 100));
    QCOMPARE(peer.reader.content(1).size(), std::size_t{25});
    QVERIFY(peer.reader.ended(1));
  }

  void urgentAnswersGoFirst() {
    Peer peer;
    peer.say(h2::settings({{4, 1 << 20}}) + h2::windowUpdate(0, 1 << 20) +
             h2::headers(1, request({{"priority", "u=6"}}), true) +
             h2::headers(3, request({{"priority", "u=1"}}), true) +
             h2::headers(5, request({{"priority", "u=1"}}), true));
    peer.room = false;
    for (auto& stream : peer.streams) {
      ResponseHead head;
      head.status = 200;
      peer.session->sendHead(*stream, head, {BodyFraming::Chunked, 0}, false);
      for (int i = 0; i < 4; ++i)
        peer.session->sendBody(*stream, peer.writer.copy(asBytes(std::string(16384, 'z'))));
      peer.session->finish(*stream);
    }
    peer.room = true;
    peer.say("");
    std::vector<std::uint32_t> order;
    for (const h2::Frame& frame : peer.reader.frames) {
      if (frame.type == h2::kData && !frame.payload.empty()) order.push_back(frame.stream);
    }
    QCOMPARE(order.size(), std::size_t{12});
    for (std::size_t i = 0; i < 8; ++i) QVERIFY(order[i] != 1);
    QVERIFY(order[0] != order[1] && order[1] != order[2]);  // in turns
  }

  void priorityUpdatesReorder() {
    Peer peer;
    peer.say(h2::settings({{4, 1 << 20}}) + h2::windowUpdate(0, 1 << 20) + h2::headers(1, request(), true) +
             h2::headers(3, request(), true) + h2::frame(0x10, 0, 0, h2::number32(3) + "u=0"));
    peer.room = false;
    for (auto& stream : peer.streams) peer.answer(*stream, std::string(16000, 'z'));
    peer.room = true;
    peer.say("");
    std::uint32_t first = 0;
    for (const h2::Frame& frame : peer.reader.frames) {
      if (frame.type == h2::kData && first == 0) first = frame.stream;
    }
    QCOMPARE(first, std::uint32_t{3});
  }

  void rapidResetsAreCutOff() {
    Peer peer;
    std::uint32_t stream = 1;
    while (!peer.goAwayCode() && stream < 2000) {
      peer.say(h2::headers(stream, request(), true) + h2::reset(stream, 8));
      stream += 2;
    }
    expectGoAway(peer, H2Error::EnhanceYourCalm);
    QCOMPARE(peer.streams.size(), std::size_t{201});
  }

  void aFewResetsASecondAreFine() {
    Peer peer;
    for (std::uint32_t i = 0; i < 1000; ++i) {
      peer.now += std::chrono::milliseconds(55);
      peer.say(h2::headers(2 * i + 1, request(), true) + h2::reset(2 * i + 1, 8));
    }
    QVERIFY(!peer.goAwayCode());
  }

  void resetsWeAreTrickedIntoCount() {
    Peer peer;
    std::uint32_t stream = 1;
    while (!peer.goAwayCode() && stream < 2000) {
      peer.say(h2::headers(stream, request(), false) + h2::windowUpdate(stream, 0x7fffffff));
      stream += 2;
    }
    expectGoAway(peer, H2Error::EnhanceYourCalm);
    QVERIFY(stream < 450);
  }

  void cheapFramesAreCutOff_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    row("PING", h2::ping());
    row("SETTINGS", h2::settings());
    row("PRIORITY", h2::frame(h2::kPriority, 0, 1, h2::number32(0) + "\x10"));
    row("WINDOW_UPDATE", h2::windowUpdate(1, 1));
    row("unknown", unknownFrame());
    row("empty DATA", h2::data(1, ""));
    row("PRIORITY_UPDATE", h2::frame(0x10, 0, 0, h2::number32(1) + "u=2"));
  }
  void cheapFramesAreCutOff() {
    QFETCH(QByteArray, bytes);
    Peer peer;
    peer.say(h2::headers(1, request({}, "POST")));
    int count = 0;
    while (!peer.goAwayCode() && count < 3000) {
      peer.say(bytes.toStdString());
      ++count;
    }
    expectGoAway(peer, H2Error::EnhanceYourCalm);
    QVERIFY2(count > 900 && count < 1100, QByteArray::number(count).constData());
  }

  void acknowledgementsNobodyReadsEnd() {
    H2Limits limits;
    limits.controlBurst = 100'000;
    Peer peer(limits);
    peer.room = false;
    for (int i = 0; i < 1100; ++i) peer.say(h2::ping());
    peer.room = true;
    peer.say("");
    QCOMPARE(*peer.goAwayCode(), static_cast<std::uint32_t>(H2Error::EnhanceYourCalm));
  }

  void continuationsAreBounded() {
    Peer peer;
    std::string bytes = h2::frame(h2::kHeaders, 1, 1, "");
    for (int i = 0; i < 9; ++i) bytes += h2::frame(h2::kContinuation, 0, 1, "");
    peer.say(bytes);
    expectGoAway(peer, H2Error::EnhanceYourCalm);
    Peer large;
    bytes = h2::frame(h2::kHeaders, 1, 1, "");
    for (int i = 0; i < 3; ++i)
      bytes += h2::frame(h2::kContinuation, 0, 1, h2::block({{"a", std::string(15000, 'x')}}));
    large.say(bytes);
    expectGoAway(large, H2Error::EnhanceYourCalm);
    Peer fine;
    const std::string block = h2::block(request());
    fine.say(h2::frame(h2::kHeaders, 1, 1, block.substr(0, 20)) +
             h2::frame(h2::kContinuation, 4, 1, block.substr(20)));
    QCOMPARE(fine.streams.size(), std::size_t{1});
  }

  void headerBombsAreRefused() {
    Peer peer;
    // One large entry in the table, then references of one byte each.
    std::string block = h2::block(request());
    block += std::string("\x40\x01", 2) + "a" + "\x7f\x81\x1d" + std::string(3840, 'x');
    block += std::string(8000, '\xbe');
    std::string bytes = h2::frame(h2::kHeaders, 5, 1, block);
    peer.say(bytes);
    QCOMPARE(peer.streams.size(), std::size_t{1});
    QCOMPARE(peer.streams[0]->refusedWith, std::uint16_t{431});
  }

  void largeSettingsAreRefused() {
    Peer peer;
    std::vector<std::pair<std::uint16_t, std::uint32_t>> entries(33, {0x99, 1});
    peer.say(h2::settings(entries));
    expectGoAway(peer, H2Error::EnhanceYourCalm);
  }

  void streamsAreBounded() {
    Peer peer;
    for (std::uint32_t i = 0; i < 100; ++i) peer.say(h2::headers(2 * i + 1, request({}, "POST")));
    QCOMPARE(peer.streams.size(), std::size_t{100});
    QVERIFY(!peer.goAwayCode());
    peer.say(h2::headers(201, request({}, "POST")) + h2::data(201, "x"));
    QCOMPARE(peer.streams.size(), std::size_t{100});
    QVERIFY(peer.goAwayCode() || peer.resetCode(201));
  }

  void manyRequestsEndGracefully() {
    H2Limits limits;
    limits.requests = 3;
    Peer peer(limits);
    peer.atEnd = [&](TestStream& stream) { peer.answer(stream, "x"); };
    for (std::uint32_t i = 0; i < 3; ++i) peer.say(h2::headers(2 * i + 1, request(), true));
    const h2::Frame* notice = peer.reader.last(h2::kGoAway);
    QVERIFY(notice != nullptr);
    QCOMPARE(notice->number(), std::uint32_t{0x7fffffff});
    peer.say(h2::headers(7, request(), true));  // crossed the notice
    QCOMPARE(peer.streams.size(), std::size_t{4});
    const h2::Frame* sent = peer.reader.last(h2::kPing);
    QVERIFY(sent != nullptr);
    peer.say(h2::frame(h2::kPing, 1, 0, sent->payload));
    const h2::Frame* final = peer.reader.last(h2::kGoAway);
    QCOMPARE(final->number(), std::uint32_t{7});
    QCOMPARE(final->number(4), std::uint32_t{0});
    QVERIFY(peer.session->isOver());
  }

  void lateStreamsAfterGoAwayAreIgnored() {
    Peer peer;
    peer.say(h2::headers(1, request({}, "POST")));
    peer.session->finishDrain();
    peer.say("");
    peer.say(h2::headers(3, request({}, "POST")) + h2::data(3, "x", true) + h2::data(1, "y", true));
    QCOMPARE(peer.streams.size(), std::size_t{1});
    QCOMPARE(peer.streams[0]->body, std::string("y"));
    peer.answer(*peer.streams[0], "done");
    peer.say("");
    QVERIFY(peer.reader.ended(1));
    QVERIFY(peer.session->isOver());
    QCOMPARE(*peer.goAwayCode(), std::uint32_t{0});
  }

  void extendedConnectIsAWebSocket() {
    Peer peer;
    peer.say(h2::headers(1, {{":method", "CONNECT"},
                             {":protocol", "websocket"},
                             {":scheme", "http"},
                             {":path", "/chat"},
                             {":authority", "shop.example"},
                             {"sec-websocket-version", "13"}}));
    QCOMPARE(peer.streams.size(), std::size_t{1});
    QVERIFY(peer.streams[0]->webSocket);
    peer.say(h2::data(1, "frames"));
    QCOMPARE(peer.streams[0]->body, std::string("frames"));
  }
};

QTEST_APPLESS_MAIN(H2ServerSessionTest)
#include "h2_server_session_test.moc"
