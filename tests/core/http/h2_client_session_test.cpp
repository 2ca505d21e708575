// SPDX-License-Identifier: Apache-2.0
// The client's side of HTTP/2, frame by frame, with an origin that behaves.
#include <QTest>

#include "tests/core/support/h2_origin_peer.h"

using namespace adit;
using namespace adit::http;
using namespace adit::test;

class H2ClientSessionTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void beginsWithPrefaceAndSettings() {
    Origin peer;
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
    auto peer = Origin::ready();
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
    auto peer = Origin::ready();
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
    QVERIFY(peer->reader.last(h2::kData) != nullptr);
    QVERIFY(!peer->reader.last(h2::kData)->ends());
  }

  void endsContentWithoutTrailersInTheData() {
    auto peer = Origin::ready();
    Asked asked;
    peer->ask(asked, {.method = "POST", .hasContent = true});
    asked.stream.sendContent(peer->slice("x"));
    asked.stream.finish();
    peer->pump();
    QVERIFY(peer->reader.ended(1));
    QCOMPARE(peer->reader.count(h2::kData), std::size_t{1});
  }

  void receivesTrailers() {
    auto peer = Origin::ready();
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
    auto peer = Origin::ready();
    Asked asked;
    peer->ask(asked);
    peer->says(h2::headers(1, {{":status", "200"}, {"grpc-status", "5"}}, true));
    QCOMPARE(static_cast<int>(asked.framing.body), static_cast<int>(BodyFraming::None));
    QCOMPARE(asked.ends, 1);
    QCOMPARE(asked.field("grpc-status"), std::string("5"));
  }

  void headHasNoContentWhateverItsLength() {
    auto peer = Origin::ready();
    Asked asked;
    peer->ask(asked, {.method = "HEAD"});
    peer->says(h2::headers(1, {{":status", "200"}, {"content-length", "5"}}, true));
    QCOMPARE(static_cast<int>(asked.framing.body), static_cast<int>(BodyFraming::None));
    QCOMPARE(asked.field("content-length"), std::string("5"));
    QCOMPARE(asked.ends, 1);
  }

  void tellsWhatWasNotBegun() {
    auto peer = Origin::ready();
    Asked first, second, third;
    peer->ask(first);
    peer->ask(second);
    peer->ask(third);
    peer->says(h2::reset(3, 7));
    QVERIFY(second.reset == H2Error::RefusedStream);
    QVERIFY(second.unprocessed);
    peer->says(h2::goAway(1));
    QVERIFY(third.reset.has_value());
    QVERIFY(third.unprocessed);
    QVERIFY(!first.reset);
    QVERIFY(!(*peer->session).acceptsRequests());
    peer->says(h2::headers(1, {{":status", "200"}}, true));
    QCOMPARE(first.ends, 1);
  }

  void aRefusalAfterTheHeadIsNoSecondChance() {
    auto peer = Origin::ready();
    Asked asked;
    peer->ask(asked);
    peer->says(h2::headers(1, {{":status", "200"}}) + h2::reset(1, 7));
    QVERIFY(asked.reset == H2Error::RefusedStream);
    QVERIFY(!asked.unprocessed);
  }

  void respectsTheLimitOfStreams() {
    auto peer = Origin::ready({}, {{3, 2}});
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
    auto peer = Origin::ready();
    Asked asked;
    peer->ask(asked);
    peer->says(h2::headers(1, {{":status", "200"}}) + h2::data(1, "x"));
    asked.stream.cancel(H2Error::Cancel);
    peer->pump();
    const h2::Frame* reset = peer->reader.last(h2::kRstStream);
    QVERIFY(reset != nullptr);
    QVERIFY(reset->stream == 1);
    QVERIFY(reset->number() == 8);
    // What was under way arrives and means nothing.
    peer->says(h2::data(1, "late", true));
    QCOMPARE(asked.body, std::string("x"));
    QCOMPARE(asked.ends, 0);
    QVERIFY(!asked.reset);
    QVERIFY(!peer->error);
    // The object serves again.
    QCOMPARE(peer->ask(asked), 3U);
    peer->says(h2::headers(3, {{":status", "204"}}, true));
    QCOMPARE(asked.ends, 1);
  }

  /// Peers count resets, whoever of our visitors they are for, and end a connection with too many.
  void manyResetsWearAConnectionOut() {
    H2ClientLimits limits;
    limits.resetBurst = 5;
    limits.resetRate = 1;
    auto peer = Origin::ready(limits);
    Asked kept;
    peer->ask(kept);
    Timestamp now(std::chrono::seconds(100));
    for (int i = 0; i < 5; ++i) {
      QVERIFY(!(*peer->session).isWornOut(now));
      Asked asked;
      peer->ask(asked);
      asked.stream.cancel(H2Error::Cancel);
      peer->pump();
    }
    QVERIFY((*peer->session).isWornOut(now));
    QCOMPARE(peer->reader.count(h2::kRstStream), std::size_t{5});
    // What is open goes on, what must be goes through, and answers in full cost nothing.
    Asked asked;
    const std::uint32_t id = peer->ask(asked);
    peer->says(h2::headers(1, {{":status", "204"}}, true) + h2::headers(id, {{":status", "204"}}, true));
    QCOMPARE(kept.ends, 1);
    QCOMPARE(asked.ends, 1);
    now += std::chrono::seconds(2);
    QVERIFY((*peer->session).isWornOut(now));
    now += std::chrono::seconds(1);  // half of them are there again
    QVERIFY(!(*peer->session).isWornOut(now));
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
    auto peer = Origin::ready();
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
    auto peer = Origin::ready(limits);
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
    auto peer = Origin::ready({}, {{4, 10}});
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
    auto peer = Origin::ready();
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
    auto without = Origin::ready();
    QVERIFY(!(*without->session).allowsExtendedConnect());
    auto peer = Origin::ready({}, {{8, 1}});
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

  void failTellsEverybody() {
    auto peer = Origin::ready();
    Asked first, second;
    peer->ask(first);
    peer->ask(second);
    (*peer->session).fail(H2Error::InternalError);
    QVERIFY(first.reset == H2Error::InternalError);
    QVERIFY(second.reset == H2Error::InternalError);
    QVERIFY(!first.unprocessed);
  }

  void outlivesItsStreamsAndTheyIt() {
    Asked asked;
    {
      auto peer = Origin::ready();
      peer->ask(asked);
    }
    QVERIFY(!asked.stream.isOpen());
    auto peer = Origin::ready();
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
