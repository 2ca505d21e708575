// SPDX-License-Identifier: Apache-2.0
// The client's side of HTTP/2, driven frame by frame by an origin that may say anything.
#include <QTest>

#include "core/http/h2_client_session.h"
#include "tests/core/support/h2_frames.h"

using namespace adit;
using namespace adit::http;
using namespace adit::test;

namespace {

/// A request and what becomes of it.
struct Asked final : H2ClientStream::Handler {
  std::vector<std::uint16_t> interim;
  std::uint16_t status = 0;
  Framing framing;
  std::vector<std::pair<std::string, std::string>> fields, trailers;
  std::string body;
  int ends = 0, closes = 0;
  std::optional<H2Error> reset;
  bool unprocessed = false;
  std::size_t takenCalls = 0;
  H2ClientStream stream{*this};

  void onInterim(ResponseHead& head) override { interim.push_back(head.status); }
  void onHead(ResponseHead& head, Framing made) override {
    status = head.status;
    framing = made;
    for (const Field& field : head.fields) fields.emplace_back(field.name, field.value);
  }
  void onContent(ByteView data) override { body += asText(data); }
  void onTrailers(std::span<const Field> list) override {
    for (const Field& field : list) trailers.emplace_back(field.name, field.value);
  }
  void onEnd() override { ++ends; }
  void onClosed() override { ++closes; }
  void onReset(H2Error code, bool notBegun) override {
    reset = code;
    unprocessed = notBegun;
  }
  void onContentSent() override { ++takenCalls; }
  [[nodiscard]] std::string field(std::string_view name) const {
    for (const auto& [key, value] : fields) {
      if (key == name) return value;
    }
    return "(none)";
  }
};

class Peer final : H2ClientSession::Handler, H2ClientSession::Sink {
 public:
  explicit Peer(const H2ClientLimits& limits = {}) {
    auto made = H2ClientSession::create(*this, limits);
    if (!made) std::abort();
    session = std::move(*made);
  }
  /// After the origin's SETTINGS.
  static std::unique_ptr<Peer> ready(
      const H2ClientLimits& limits = {},
      const std::vector<std::pair<std::uint16_t, std::uint32_t>>& entries = {}) {
    auto peer = std::make_unique<Peer>(limits);
    peer->says(h2::settings(entries) + h2::settingsAck());
    return peer;
  }
  /// The origin's bytes go in, ours come out.
  bool says(std::string_view bytes, std::chrono::milliseconds later = {}) {
    m_now += later;
    const auto taken = session->receive(asBytes(bytes), m_now);
    if (!taken) error = taken.error();
    pump();
    return taken.has_value();
  }
  void pump() {
    if (auto sent = session->send(*this); !sent) error = sent.error();
  }
  std::uint32_t ask(Asked& asked, H2Request request = {}) {
    if (request.method.empty()) request.method = "GET";
    request.scheme = "http";
    request.authority = "shop.test";
    if (request.path.empty()) request.path = "/";
    opened = session->open(asked.stream, request).has_value();
    pump();
    const h2::Frame* frame = reader.last(h2::kHeaders);
    return frame == nullptr ? 0 : frame->stream;
  }
  Slice slice(std::string_view text) { return m_writer.copy(asBytes(text)); }

  H2ClientSession& operator*() const { return *session; }

 private:
  SlabPool m_pool;
  SlabWriter m_writer{m_pool};
  Timestamp m_now{std::chrono::seconds(100)};
  void onOutputReady() override {}
  void onSlotsChanged() override { ++slotChanges; }
  [[nodiscard]] bool isFull() const override { return room == 0; }
  void write(ByteView bytes) override {
    reader.feed(asText(bytes));
    room -= std::min(room, bytes.size());
  }
  void write(Slice bytes) override { write(bytes.bytes()); }

 public:
  std::unique_ptr<H2ClientSession> session;
  h2::Reader reader;
  std::optional<Error> error;
  std::size_t room = std::numeric_limits<std::size_t>::max();
  int slotChanges = 0;
  bool opened = false;
};

}  // namespace

class H2ClientSessionTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void beginsWithPrefaceAndSettings() {
    Peer peer;
    peer.pump();
    QVERIFY(peer.reader.sawPreface);
    QCOMPARE(peer.reader.frames.front().type, std::uint8_t{h2::kSettings});
    const std::string& payload = peer.reader.frames.front().payload;
    QVERIFY(payload.find(std::string("\0\2\0\0\0\0", 6)) != std::string::npos);  // no push
    QVERIFY(!(*peer).hasSettings());
    peer.says(h2::settings());
    QVERIFY((*peer).hasSettings());
    QCOMPARE(peer.reader.last(h2::kSettings)->flags, h2::kAck);
  }

  void asksAndIsAnswered() {
    auto peer = Peer::ready();
    Asked asked;
    const std::vector<Field> fields{{"Accept", "text/html"}, {"X-Mixed", "Case"}};
    const auto id = peer->ask(asked, {.method = "GET", .path = "/a?b", .fields = fields});
    QCOMPARE(id, 1U);
    const h2::Frame* head = peer->reader.last(h2::kHeaders);
    QVERIFY(head->ends());
    QCOMPARE(head->field(":method"), std::string("GET"));
    QCOMPARE(head->field(":path"), std::string("/a?b"));
    QCOMPARE(head->field(":authority"), std::string("shop.test"));
    QCOMPARE(head->field("accept"), std::string("text/html"));
    QCOMPARE(head->field("x-mixed"), std::string("Case"));
    peer->says(h2::headers(1, {{":status", "103"}, {"link", "</a>"}}));
    peer->says(h2::headers(1, {{":status", "200"}, {"content-length", "5"}, {"server", "s"}}));
    QCOMPARE(asked.interim, std::vector<std::uint16_t>{103});
    QCOMPARE(asked.status, std::uint16_t{200});
    QCOMPARE(static_cast<int>(asked.framing.body), static_cast<int>(BodyFraming::Length));
    QCOMPARE(asked.framing.length, std::uint64_t{5});
    QCOMPARE(asked.field("server"), std::string("s"));
    peer->says(h2::data(1, "he"));
    peer->says(h2::data(1, "llo", true));
    QCOMPARE(asked.body, std::string("hello"));
    QCOMPARE(asked.ends, 1);
    asked.stream.cancel(H2Error::NoError);
    peer->pump();
    QCOMPARE(peer->reader.count(h2::kRstStream), std::size_t{0});  // both sides have said everything
    QVERIFY(!asked.reset);
    QCOMPARE((*peer->session).openStreams(), std::size_t{0});
  }

  void sendsContentAndTrailers() {
    auto peer = Peer::ready();
    Asked asked;
    peer->ask(asked, {.method = "POST", .hasContent = true});
    QVERIFY(!peer->reader.ended(1));
    asked.stream.sendContent(peer->slice("hello "));
    peer->pump();
    QCOMPARE(peer->reader.content(1), std::string("hello "));
    QVERIFY(asked.takenCalls > 0);
    asked.stream.sendContent(peer->slice("world"));
    asked.stream.setTrailers({{"X-Sum", "42"}});
    asked.stream.finish();
    peer->pump();
    QCOMPARE(peer->reader.content(1), std::string("hello world"));
    const h2::Frame* trailers = peer->reader.last(h2::kHeaders);
    QVERIFY(trailers->ends());
    QCOMPARE(trailers->field("x-sum"), std::string("42"));
    QVERIFY(peer->reader.last(h2::kData) != nullptr && !peer->reader.last(h2::kData)->ends());
  }

  void endsContentWithoutTrailersInTheData() {
    auto peer = Peer::ready();
    Asked asked;
    peer->ask(asked, {.method = "POST", .hasContent = true});
    asked.stream.sendContent(peer->slice("x"));
    asked.stream.finish();
    peer->pump();
    QVERIFY(peer->reader.ended(1));
    QCOMPARE(peer->reader.count(h2::kData), std::size_t{1});
  }

  void receivesTrailers() {
    auto peer = Peer::ready();
    Asked asked;
    peer->ask(asked);
    peer->says(
        h2::headers(1, {{":status", "200"}, {"content-type", "application/grpc"}, {"content-length", "1"}}));
    // Trailers must be able to follow in the tunnel.
    QCOMPARE(static_cast<int>(asked.framing.body), static_cast<int>(BodyFraming::Chunked));
    peer->says(h2::data(1, "x"));
    peer->says(h2::headers(1, {{"grpc-status", "0"}, {"host", "evil"}}, true));
    QCOMPARE(asked.trailers, (std::vector<std::pair<std::string, std::string>>{{"grpc-status", "0"}}));
    QCOMPARE(asked.ends, 1);
  }

  void aHeadCanBeAllOfIt() {
    auto peer = Peer::ready();
    Asked asked;
    peer->ask(asked);
    peer->says(h2::headers(1, {{":status", "200"}, {"grpc-status", "5"}}, true));
    QCOMPARE(static_cast<int>(asked.framing.body), static_cast<int>(BodyFraming::None));
    QCOMPARE(asked.ends, 1);
    QCOMPARE(asked.field("grpc-status"), std::string("5"));
  }

  void headHasNoContentWhateverItsLength() {
    auto peer = Peer::ready();
    Asked asked;
    peer->ask(asked, {.method = "HEAD"});
    peer->says(h2::headers(1, {{":status", "200"}, {"content-length", "5"}}, true));
    QCOMPARE(static_cast<int>(asked.framing.body), static_cast<int>(BodyFraming::None));
    QCOMPARE(asked.field("content-length"), std::string("5"));
    QCOMPARE(asked.ends, 1);
  }

  void refusesMalformedAnswers_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    const std::string ok = h2::headers(1, {{":status", "200"}});
    row("no status", h2::headers(1, {{"a", "b"}}));
    row("two statuses", h2::headers(1, {{":status", "200"}, {":status", "200"}}));
    row("a late status", h2::headers(1, {{"a", "b"}, {":status", "200"}}));
    row("an odd status", h2::headers(1, {{":status", "20x"}}));
    row("status 000", h2::headers(1, {{":status", "000"}}));
    row("status 600", h2::headers(1, {{":status", "600"}}));
    row("status 101", h2::headers(1, {{":status", "101"}}));
    row("a pseudo-field of requests", h2::headers(1, {{":status", "200"}, {":path", "/"}}));
    row("an unknown pseudo-field", h2::headers(1, {{":status", "200"}, {":odd", "/"}}));
    row("a name in upper case", h2::headers(1, {{":status", "200"}, {"Server", "x"}}));
    row("a name with a space", h2::headers(1, {{":status", "200"}, {"a b", "x"}}));
    row("an empty name", h2::headers(1, {{":status", "200"}, {"", "x"}}));
    row("a value with CR LF", h2::headers(1, {{":status", "200"}, {"a", "x\r\nevil: y"}}));
    row("a value with NUL", h2::headers(1, {{":status", "200"}, {"a", std::string("x\0y", 3)}}));
    row("connection", h2::headers(1, {{":status", "200"}, {"connection", "close"}}));
    row("transfer-encoding", h2::headers(1, {{":status", "200"}, {"transfer-encoding", "chunked"}}));
    row("upgrade", h2::headers(1, {{":status", "200"}, {"upgrade", "x"}}));
    row("keep-alive", h2::headers(1, {{":status", "200"}, {"keep-alive", "x"}}));
    row("two lengths",
        h2::headers(1, {{":status", "200"}, {"content-length", "1"}, {"content-length", "1"}}));
    row("a signed length", h2::headers(1, {{":status", "200"}, {"content-length", "+1"}}));
    row("a huge length", h2::headers(1, {{":status", "200"}, {"content-length", "9999999999999999999999"}}));
    row("more than the length",
        h2::headers(1, {{":status", "200"}, {"content-length", "1"}}) + h2::data(1, "xy", true));
    row("less than the length",
        h2::headers(1, {{":status", "200"}, {"content-length", "3"}}) + h2::data(1, "xy", true));
    row("no content but a length", h2::headers(1, {{":status", "200"}, {"content-length", "3"}}, true));
    row("content after an interim head", h2::headers(1, {{":status", "103"}}) + h2::data(1, "x"));
    row("an interim head that ends", h2::headers(1, {{":status", "103"}}, true));
    row("trailers that do not end", ok + h2::data(1, "x") + h2::headers(1, {{"a", "b"}}));
    row("a status among trailers", ok + h2::data(1, "x") + h2::headers(1, {{":status", "200"}}, true));
    row("interim heads without end", [] {
      std::string all;
      for (int i = 0; i < 17; ++i) all += h2::headers(1, {{":status", "103"}});
      return all;
    }());
    row("too many fields", [] {
      h2::Headers fields{{":status", "200"}};
      for (int i = 0; i < 257; ++i) fields.emplace_back("a", "b");
      return h2::headers(1, fields);
    }());
  }
  void refusesMalformedAnswers() {
    QFETCH(QByteArray, bytes);
    auto peer = Peer::ready();
    Asked asked;
    Asked other;
    peer->ask(asked);
    peer->ask(other);
    peer->says(bytes.toStdString());
    QVERIFY(asked.reset.has_value());
    QCOMPARE(asked.ends, 0);
    QVERIFY(!asked.unprocessed);
    QVERIFY(!peer->error);
    QVERIFY(!asked.stream.isOpen());
    // The other stream knows nothing of it.
    peer->says(h2::headers(3, {{":status", "204"}}, true));
    QCOMPARE(other.status, std::uint16_t{204});
    QCOMPARE(other.ends, 1);
  }

  void refusesABrokenConnection_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    row("a push",
        h2::frame(h2::kPushPromise, h2::kEndHeaders, 1, h2::number32(2) + h2::block({{":method", "GET"}})));
    row("a stream of the peer's", h2::headers(2, {{":status", "200"}}));
    row("a stream that was not opened", h2::headers(7, {{":status", "200"}}));
    row("content before a head", h2::data(1, "x"));
    row("DATA on stream 0", h2::data(0, "x"));
    row("SETTINGS on a stream", h2::frame(h2::kSettings, 0, 1, ""));
    row("half a setting", h2::frame(h2::kSettings, 0, 0, "abc"));
    row("a window of 2^31", h2::settings({{4, 0x80000000U}}));
    row("a window beyond 2^31", h2::windowUpdate(0, 0x7fffffff));
    row("an update of 0", h2::windowUpdate(0, 0));
    row("PING of 7 bytes", h2::frame(h2::kPing, 0, 0, "1234567"));
    row("a frame between headers",
        h2::frame(h2::kHeaders, 0, 1, h2::block({{":status", "200"}})) + h2::ping());
    row("a lone CONTINUATION", h2::frame(h2::kContinuation, h2::kEndHeaders, 1, ""));
    row("garbage in a header block", h2::frame(h2::kHeaders, h2::kEndHeaders, 1, "\xff\xff\xff\xff\xff\xff"));
    row("a frame that is too large", h2::frame(h2::kData, 0, 1, std::string(16385, 'x')));
    row("more than the window", [] {
      std::string all = h2::headers(1, {{":status", "200"}});
      for (int i = 0; i < 20; ++i) all += h2::data(1, std::string(16384, 'x'));
      return all;
    }());
    row("GOAWAY with a larger stream than before", h2::goAway(1) + h2::goAway(9));
  }
  void refusesABrokenConnection() {
    QFETCH(QByteArray, bytes);
    auto peer = Peer::ready();
    Asked asked;
    peer->ask(asked);
    asked.stream.pause();
    peer->says(bytes.toStdString());
    const bool over = peer->error.has_value() || (*peer->session).isOver() || asked.reset.has_value();
    QVERIFY(over);
    QVERIFY(peer->reader.count(h2::kGoAway) > 0 || asked.reset.has_value());
  }

  void aPeerOfHttp1IsNotTakenForOne() {
    Peer peer;
    Asked asked;
    peer.ask(asked);
    QVERIFY(!peer.says("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    QVERIFY(!(*peer).hasSettings());
    (*peer).fail(H2Error::ProtocolError);
    QVERIFY(asked.reset == H2Error::ProtocolError);
  }

  void tellsWhatWasNotBegun() {
    auto peer = Peer::ready();
    Asked first, second, third;
    peer->ask(first);
    peer->ask(second);
    peer->ask(third);
    peer->says(h2::reset(3, 7));
    QVERIFY(second.reset == H2Error::RefusedStream);
    QVERIFY(second.unprocessed);
    peer->says(h2::goAway(1));
    QVERIFY(third.reset.has_value() && third.unprocessed);
    QVERIFY(!first.reset);
    QVERIFY(!(*peer->session).acceptsRequests());
    peer->says(h2::headers(1, {{":status", "200"}}, true));
    QCOMPARE(first.ends, 1);
  }

  void aRefusalAfterTheHeadIsNoSecondChance() {
    auto peer = Peer::ready();
    Asked asked;
    peer->ask(asked);
    peer->says(h2::headers(1, {{":status", "200"}}) + h2::reset(1, 7));
    QVERIFY(asked.reset == H2Error::RefusedStream);
    QVERIFY(!asked.unprocessed);
  }

  void respectsTheLimitOfStreams() {
    auto peer = Peer::ready({}, {{3, 2}});
    Asked first, second;
    QCOMPARE((*peer->session).freeSlots(), std::size_t{2});
    peer->ask(first);
    peer->ask(second);
    QCOMPARE((*peer->session).freeSlots(), std::size_t{0});
    const int before = peer->slotChanges;
    peer->says(h2::headers(1, {{":status", "204"}}, true));
    QVERIFY(peer->slotChanges > before);
    QCOMPARE((*peer->session).freeSlots(), std::size_t{1});
  }

  void cancelResetsAndForgets() {
    auto peer = Peer::ready();
    Asked asked;
    peer->ask(asked);
    peer->says(h2::headers(1, {{":status", "200"}}) + h2::data(1, "x"));
    asked.stream.cancel(H2Error::Cancel);
    peer->pump();
    const h2::Frame* reset = peer->reader.last(h2::kRstStream);
    QVERIFY(reset != nullptr && reset->stream == 1 && reset->number() == 8);
    // What was under way arrives and means nothing.
    peer->says(h2::data(1, "late", true));
    QCOMPARE(asked.body, std::string("x"));
    QCOMPARE(asked.ends, 0);
    QVERIFY(!asked.reset && !peer->error);
    // The object serves again.
    QCOMPARE(peer->ask(asked), 3U);
    peer->says(h2::headers(3, {{":status", "204"}}, true));
    QCOMPARE(asked.ends, 1);
  }

  void aStreamThatEndsInsideACallbackIsFine() {
    struct Leaver final : H2ClientStream::Handler {
      H2ClientStream stream{*this};
      int calls = 0;
      void onInterim(ResponseHead&) override {}
      void onHead(ResponseHead&, Framing) override {
        ++calls;
        stream.cancel(H2Error::Cancel);
      }
      void onContent(ByteView) override { ++calls; }
      void onTrailers(std::span<const Field>) override { ++calls; }
      void onEnd() override { ++calls; }
      void onClosed() override { ++calls; }
      void onReset(H2Error, bool) override { ++calls; }
      void onContentSent() override {}
    } leaver;
    auto peer = Peer::ready();
    H2Request request{.method = "GET", .scheme = "http", .authority = "a", .path = "/"};
    QVERIFY((*peer->session).open(leaver.stream, request).has_value());
    peer->pump();
    peer->says(h2::headers(1, {{":status", "200"}}) + h2::data(1, "x") + h2::headers(1, {{"t", "v"}}, true));
    QCOMPARE(leaver.calls, 1);
    QVERIFY(!peer->error);
  }

  void backPressureIsTheStreams() {
    H2ClientLimits limits;
    limits.streamWindow = 65536;
    auto peer = Peer::ready(limits);
    Asked slow, quick;
    peer->ask(slow);
    peer->ask(quick);
    peer->says(h2::headers(1, {{":status", "200"}}) + h2::headers(3, {{":status", "200"}}));
    slow.stream.pause();
    const std::size_t before = peer->reader.count(h2::kWindowUpdate, 1, false);
    for (int i = 0; i < 4; ++i) peer->says(h2::data(1, std::string(16384, 's')));
    QCOMPARE(peer->reader.count(h2::kWindowUpdate, 1, false), before);
    for (int i = 0; i < 40; ++i) peer->says(h2::data(3, std::string(16384, 'q')));
    QCOMPARE(quick.body.size(), std::size_t{40 * 16384});
    QVERIFY(!peer->error);
    slow.stream.resume();
    peer->pump();
    QVERIFY(peer->reader.count(h2::kWindowUpdate, 1, false) > before);
  }

  void contentWaitsForThePeersWindow() {
    auto peer = Peer::ready({}, {{4, 10}});
    Asked asked;
    peer->ask(asked, {.method = "POST", .hasContent = true});
    asked.stream.sendContent(peer->slice("0123456789abcdef"));
    peer->pump();
    QCOMPARE(peer->reader.content(1), std::string("0123456789"));
    QCOMPARE(asked.stream.queuedBytes(), std::size_t{6});
    peer->says(h2::windowUpdate(1, 100));
    QCOMPARE(peer->reader.content(1), std::string("0123456789abcdef"));
    QCOMPARE(asked.stream.queuedBytes(), std::size_t{0});
  }

  void aFullSinkHoldsContentBack() {
    auto peer = Peer::ready();
    Asked asked;
    peer->ask(asked, {.method = "POST", .hasContent = true});
    peer->room = 0;
    asked.stream.sendContent(peer->slice("hello"));
    peer->pump();
    QCOMPARE(peer->reader.content(1), std::string());
    QCOMPARE(asked.stream.queuedBytes(), std::size_t{5});
    peer->room = 1;
    peer->pump();
    QCOMPARE(peer->reader.content(1), std::string("hello"));
  }

  void opensTunnelsWhereAllowed() {
    auto without = Peer::ready();
    QVERIFY(!(*without->session).allowsExtendedConnect());
    auto peer = Peer::ready({}, {{8, 1}});
    QVERIFY((*peer->session).allowsExtendedConnect());
    Asked asked;
    peer->ask(asked, {.method = "CONNECT", .path = "/chat", .protocol = "websocket", .hasContent = true});
    const h2::Frame* head = peer->reader.last(h2::kHeaders);
    QCOMPARE(head->field(":protocol"), std::string("websocket"));
    QCOMPARE(head->field(":path"), std::string("/chat"));
    peer->says(h2::headers(1, {{":status", "200"}}));
    asked.stream.sendContent(peer->slice("ping"));
    peer->pump();
    QCOMPARE(peer->reader.content(1), std::string("ping"));
    peer->says(h2::data(1, "pong", true));
    QCOMPARE(asked.body, std::string("pong"));
    QCOMPARE(asked.ends, 1);
    QCOMPARE(asked.closes, 0);
    asked.stream.sendContent(peer->slice("still"));
    asked.stream.finish();
    peer->pump();
    QCOMPARE(peer->reader.content(1), std::string("pingstill"));
    QCOMPARE(asked.closes, 1);
    QVERIFY(!asked.reset);
  }

  void countsWhatDeclinesATunnel_data() {
    QTest::addColumn<QByteArray>("bytes");
    const std::string head = h2::headers(1, {{":status", "403"}, {"content-length", "3"}});
    QTest::newRow("more") << QByteArray::fromStdString(head + h2::data(1, "four", true));
    QTest::newRow("less") << QByteArray::fromStdString(head + h2::data(1, "2", true));
    QTest::newRow("nothing") << QByteArray::fromStdString(
        h2::headers(1, {{":status", "403"}, {"content-length", "3"}}, true));
  }
  void countsWhatDeclinesATunnel() {
    QFETCH(QByteArray, bytes);
    auto peer = Peer::ready({}, {{8, 1}});
    Asked asked;
    peer->ask(asked, {.method = "CONNECT", .path = "/chat", .protocol = "websocket", .hasContent = true});
    peer->says(bytes.toStdString());
    QVERIFY(asked.reset == H2Error::ProtocolError);
    QCOMPARE(asked.ends, 0);
  }

  void floodsHaveABudget_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("PING") << QByteArray::fromStdString(h2::ping());
    QTest::newRow("SETTINGS") << QByteArray::fromStdString(h2::settings());
    QTest::newRow("unknown frames") << QByteArray::fromStdString(h2::frame(0x77, 0, 0, "x"));
    QTest::newRow("PRIORITY") << QByteArray::fromStdString(
        h2::frame(h2::kPriority, 0, 1, std::string(5, '\0')));
    QTest::newRow("empty DATA") << QByteArray::fromStdString(h2::data(1, ""));
  }
  void floodsHaveABudget() {
    QFETCH(QByteArray, bytes);
    auto peer = Peer::ready();
    Asked asked;
    peer->ask(asked);
    peer->says(h2::headers(1, {{":status", "200"}}));
    int said = 0;
    while (said < 5000 && peer->says(bytes.toStdString())) ++said;
    QVERIFY2(said >= 900 && said <= 1100, qPrintable(QString::number(said)));
    QVERIFY(peer->error && peer->error->code == ErrorCode::LimitExceeded);
    const h2::Frame* goAway = peer->reader.last(h2::kGoAway);
    QVERIFY(goAway != nullptr && goAway->number(4) == 11);
  }
  void aSteadyPingIsNoFlood() {
    auto peer = Peer::ready();
    for (int i = 0; i < 3000; ++i) QVERIFY(peer->says(h2::ping(), std::chrono::milliseconds(20)));
  }

  void failTellsEverybody() {
    auto peer = Peer::ready();
    Asked first, second;
    peer->ask(first);
    peer->ask(second);
    (*peer->session).fail(H2Error::InternalError);
    QVERIFY(first.reset == H2Error::InternalError && second.reset == H2Error::InternalError);
    QVERIFY(!first.unprocessed);
  }

  void outlivesItsStreamsAndTheyIt() {
    Asked asked;
    {
      auto peer = Peer::ready();
      peer->ask(asked);
    }
    QVERIFY(!asked.stream.isOpen());
    auto peer = Peer::ready();
    {
      Asked brief;
      peer->ask(brief);
    }
    peer->pump();
    QCOMPARE(peer->reader.count(h2::kRstStream), std::size_t{1});
    QVERIFY(peer->says(h2::headers(1, {{":status", "200"}}, true)));
  }
};

QTEST_APPLESS_MAIN(H2ClientSessionTest)
#include "h2_client_session_test.moc"
