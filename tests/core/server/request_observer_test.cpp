// SPDX-License-Identifier: Apache-2.0
// An observer is told of every request, by HTTP/1.1 and HTTP/2, with the true cause of its end.
#include <QTest>

#include <functional>
#include <optional>

#include "core/server/h2_visitor.h"
#include "tests/core/support/h2_frames.h"
#include "tests/core/support/visitor_world.h"

using namespace adit;
using namespace adit::test;
using namespace std::chrono_literals;
using http::Problem;
using server::RequestOutcome;
using wire::AppError;

namespace {

std::string get(std::string_view host, std::string_view more = "", std::string_view method = "GET") {
  return std::string(method) + " / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n" + std::string(more) +
         "\r\n";
}
std::string post(std::string_view body, std::size_t length = 10) {
  return get("shop.localhost", "Content-Length: " + std::to_string(length) + "\r\n", "POST") +
         std::string(body);
}
const std::string kChunked = get("shop.localhost", "Transfer-Encoding: chunked\r\n", "POST");
const std::string kUpgrade = get("shop.localhost",
                                 "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
std::string answer(std::string_view body = "ok") {
  return responseHead(200, lengthOf(body.size())) + dataFrame(body);
}
std::string answerHead() { return responseHead(200, chunked()); }

/// An HTTP/2 visitor of a world: its preface and SETTINGS are sent.
struct H2Peer {
  explicit H2Peer(VisitorWorld& visited, std::vector<std::pair<std::uint16_t, std::uint32_t>> wanted = {})
      : world(visited), wire(visited.visit(server::H2Visitor::factory())) {
    say(std::string(http::kH2PrefaceText) + h2::settings(wanted) + h2::settingsAck());
  }
  void say(std::string_view bytes) {
    wire->deliver(*world.loop, bytes);
    read();
  }
  void read() {
    world.turn();
    wire->take();
    world.turn();
  }
  void ask(const std::string& host = "shop.localhost", bool end = true, const h2::Headers& more = {}) {
    h2::Headers fields{
        {":method", end ? "GET" : "POST"}, {":scheme", "http"}, {":authority", host}, {":path", "/"}};
    fields.insert(fields.end(), more.begin(), more.end());
    say(h2::headers(1, fields, end));
  }
  VisitorWorld& world;
  std::shared_ptr<FakeWire> wire;
};

struct Case {
  const char* name;
  std::function<void(VisitorWorld&)> run;
  RequestOutcome outcome;
  std::optional<Problem> problem;
  AppError code;
  std::uint16_t status;
};

/// The limits of all cases: what is waited for comes soon.
server::ServerLimits limits() {
  server::ServerLimits limits;
  limits.headTimeout = limits.bodyIdleTimeout = 20ms;
  limits.writeIdleTimeout = 40ms;
  limits.heldBytes = 64 * 1024;
  return limits;
}

void untilEnd(VisitorWorld& world) {
  net::test::runUntil(*world.loop, [&] { return !world.observer.ends.empty(); });
}

const std::vector<Case> kHttp1 = {
    {"answered",
     [](VisitorWorld& w) {
       const auto wire = w.visit(get("shop.localhost"));
       w.stream().deliver(answer(), true);
       if (w.observer.ends.empty()) wire->take();
     },
     RequestOutcome::Answered,
     {},
     AppError::NoError,
     200},
    {"upgraded",
     [](VisitorWorld& w) {
       const auto wire = w.visit(kUpgrade);
       w.stream().deliver(responseHead(101, noBody()) + dataFrame("hello"));
       wire->deliver(*w.loop, "bytes");
       wire->finish();
       w.stream().deliver("", true);
       wire->take();
     },
     RequestOutcome::Answered,
     {},
     AppError::NoError,
     101},
    {"redirected",
     [](VisitorWorld& w) {
       server::ServerConfig next = *w.config.current();
       next.redirectPort = 443;
       w.config.publish(next);
       w.turn();
       w.visit(get("shop.localhost"));
     },
     RequestOutcome::Redirected,
     {},
     AppError::NoError,
     308},
    {"unknown host", [](VisitorWorld& w) { w.visit(get("none.localhost")); }, RequestOutcome::Problem,
     Problem::UnknownHost, AppError::NoError, 404},
    {"client away", [](VisitorWorld& w) { w.visit(get("away.localhost")); }, RequestOutcome::Problem,
     Problem::TunnelOffline, AppError::NoError, 503},
    {"overloaded",
     [](VisitorWorld& w) {
       w.refusal = AppError::Overloaded;
       w.visit(get("shop.localhost"));
     },
     RequestOutcome::Problem, Problem::Overloaded, AppError::Overloaded, 503},
    {"client leaves",
     [](VisitorWorld& w) {
       w.refusal = AppError::Draining;
       w.visit(get("shop.localhost"));
     },
     RequestOutcome::Problem, Problem::TunnelOffline, AppError::Draining, 503},
    {"malformed", [](VisitorWorld& w) { w.visit("GET / HTTP/1.1\r\n\r\n"); }, RequestOutcome::Problem,
     Problem::BadRequest, AppError::NoError, 400},
    {"head too large",
     [](VisitorWorld& w) { w.visit(get("shop.localhost", "X: " + std::string(40'000, 'x') + "\r\n")); },
     RequestOutcome::Problem, Problem::HeadTooLarge, AppError::NoError, 431},
    {"head too slow",
     [](VisitorWorld& w) {
       w.visit("GET / HT");
       untilEnd(w);
     },
     RequestOutcome::Problem, Problem::RequestTimeout, AppError::NoError, 408},
    {"content too slow",
     [](VisitorWorld& w) {
       w.visit(post("1234"));
       untilEnd(w);
     },
     RequestOutcome::Problem, Problem::RequestTimeout, AppError::NoError, 408},
    {"TRACE", [](VisitorWorld& w) { w.visit(get("shop.localhost", "", "TRACE")); }, RequestOutcome::Problem,
     Problem::NotImplemented, AppError::NoError, 501},
    {"malformed content", [](VisitorWorld& w) { w.visit(kChunked + "zz\r\n"); }, RequestOutcome::Problem,
     Problem::BadRequest, AppError::NoError, 400},
    {"malformed content behind the head of the answer",
     [](VisitorWorld& w) {
       const auto wire = w.visit(kChunked);
       w.stream().deliver(answerHead());
       wire->deliver(*w.loop, "zz\r\n");
     },
     RequestOutcome::VisitorInvalid,
     {},
     AppError::NoError,
     200},
    {"origin refuses",
     [](VisitorWorld& w) {
       w.visit(get("shop.localhost"));
       w.stream().deliverReset(AppError::OriginRefused);
     },
     RequestOutcome::Problem, Problem::OriginRefused, AppError::OriginRefused, 502},
    {"origin too slow",
     [](VisitorWorld& w) {
       w.visit(get("shop.localhost"));
       w.stream().deliverReset(AppError::OriginSlow);
     },
     RequestOutcome::Problem, Problem::OriginSlow, AppError::OriginSlow, 504},
    {"client gives the request up for its size",
     [](VisitorWorld& w) {
       w.visit(get("shop.localhost"));
       w.stream().deliverReset(AppError::LimitExceeded);
     },
     RequestOutcome::Problem, Problem::TunnelOffline, AppError::LimitExceeded, 503},
    {"client breaks the protocol",
     [](VisitorWorld& w) {
       w.visit(get("shop.localhost"));
       w.stream().deliver("", true);  // no answer
     },
     RequestOutcome::Problem, Problem::OriginBroken, AppError::OriginBroken, 502},
    {"client's connection ends",
     [](VisitorWorld& w) {
       w.visit(get("shop.localhost"));
       w.stream().deliverClosed();
     },
     RequestOutcome::Problem, Problem::TunnelOffline, AppError::Draining, 503},
    {"answer breaks off",
     [](VisitorWorld& w) {
       w.visit(get("shop.localhost"));
       w.stream().deliver(answerHead() + dataFrame("half"));
       w.stream().deliverReset(AppError::OriginBroken);
     },
     RequestOutcome::AnswerAborted,
     {},
     AppError::OriginBroken,
     200},
    {"visitor gone",
     [](VisitorWorld& w) { w.visit(get("shop.localhost"))->breakOff(); },
     RequestOutcome::VisitorGone,
     {},
     AppError::NoError,
     0},
    {"visitor gone before it has the answer",
     [](VisitorWorld& w) {
       const auto wire = w.visit(get("shop.localhost"));
       w.stream().deliver(answer(), true);
       wire->breakOff();
     },
     RequestOutcome::VisitorGone,
     {},
     AppError::NoError,
     200},
    {"visitor does not read",
     [](VisitorWorld& w) {
       w.visit(get("shop.localhost"));
       w.stream().deliver(answer(), true);
       untilEnd(w);
     },
     RequestOutcome::VisitorTooSlow,
     {},
     AppError::NoError,
     200},
    {"server stops",
     [](VisitorWorld& w) {
       w.visit(get("shop.localhost"));
       w.visitors.back()->closeNow();
     },
     RequestOutcome::ServerStopped,
     {},
     AppError::NoError,
     0},
};

const std::vector<Case> kHttp2 = {
    {"answered",
     [](VisitorWorld& w) {
       H2Peer peer(w);
       peer.ask();
       w.stream().deliver(answer(), true);
       peer.read();
     },
     RequestOutcome::Answered,
     {},
     AppError::NoError,
     200},
    {"answered before its content came",
     [](VisitorWorld& w) {
       H2Peer peer(w);
       peer.ask("shop.localhost", false);
       w.stream().deliver(answer(), true);
       peer.read();
     },
     RequestOutcome::Answered,
     {},
     AppError::NoError,
     200},
    {"redirected",
     [](VisitorWorld& w) {
       server::ServerConfig next = *w.config.current();
       next.redirectPort = 443;
       w.config.publish(next);
       w.turn();
       H2Peer(w).ask();
     },
     RequestOutcome::Redirected,
     {},
     AppError::NoError,
     308},
    {"unknown host", [](VisitorWorld& w) { H2Peer(w).ask("none.localhost"); }, RequestOutcome::Problem,
     Problem::UnknownHost, AppError::NoError, 404},
    {"overloaded",
     [](VisitorWorld& w) {
       w.refusal = AppError::Overloaded;
       H2Peer(w).ask();
     },
     RequestOutcome::Problem, Problem::Overloaded, AppError::Overloaded, 503},
    {"refused while draining",
     [](VisitorWorld& w) {
       w.draining = true;
       w.refusal = AppError::Draining;
       H2Peer(w).ask();
     },
     RequestOutcome::Refused,
     {},
     AppError::Draining,
     0},
    {"a call that the origin reset",
     [](VisitorWorld& w) {
       H2Peer peer(w);
       peer.ask("shop.localhost", false, {{"content-type", "application/grpc"}, {"te", "trailers"}});
       w.stream().deliverReset(AppError::OriginCancelled);
     },
     RequestOutcome::Refused,
     {},
     AppError::OriginCancelled,
     0},
    {"content too slow",
     [](VisitorWorld& w) {
       H2Peer(w).ask("shop.localhost", false);
       untilEnd(w);
     },
     RequestOutcome::Problem, Problem::RequestTimeout, AppError::NoError, 408},
    {"answer breaks off",
     [](VisitorWorld& w) {
       H2Peer peer(w);
       peer.ask();
       w.stream().deliver(answerHead() + dataFrame("half"));
       w.stream().deliverReset(AppError::OriginBroken);
     },
     RequestOutcome::AnswerAborted,
     {},
     AppError::OriginBroken,
     200},
    {"visitor resets",
     [](VisitorWorld& w) {
       H2Peer peer(w);
       peer.ask();
       peer.say(h2::reset(1, 8));
     },
     RequestOutcome::VisitorGone,
     {},
     AppError::NoError,
     0},
    {"visitor gone",
     [](VisitorWorld& w) {
       H2Peer peer(w);
       peer.ask();
       peer.wire->breakOff();
     },
     RequestOutcome::VisitorGone,
     {},
     AppError::NoError,
     0},
    {"visitor breaks the protocol",
     [](VisitorWorld& w) {
       H2Peer peer(w);
       peer.ask();
       peer.say(h2::data(0, "on no stream"));
     },
     RequestOutcome::VisitorInvalid,
     {},
     AppError::NoError,
     0},
    {"malformed head",
     [](VisitorWorld& w) {
       H2Peer(w).ask("shop.localhost", true, {{"Upper", "case"}});
     },
     RequestOutcome::VisitorInvalid,
     {},
     AppError::NoError,
     0},
    {"more content than announced",
     [](VisitorWorld& w) {
       H2Peer peer(w);
       peer.ask("shop.localhost", false, {{"content-length", "2"}});
       peer.say(h2::data(1, "three"));
     },
     RequestOutcome::VisitorInvalid,
     {},
     AppError::NoError,
     0},
    {"visitor opens no window",
     [](VisitorWorld& w) {
       H2Peer peer(w, {{4, 0}});
       peer.ask();
       w.stream().deliver(answer(), true);
       peer.read();
       untilEnd(w);
     },
     RequestOutcome::VisitorTooSlow,
     {},
     AppError::NoError,
     200},
    {"too much waits for a visitor",
     [](VisitorWorld& w) {
       server::ServerConfig next = *w.config.current();
       next.limits.writeIdleTimeout = 30s;
       w.config.publish(next);
       w.turn();
       H2Peer peer(w, {{4, 0}});
       peer.ask();
       w.stream().deliver(answer(std::string(100'000, 'x')), true);
       peer.read();
       untilEnd(w);
     },
     RequestOutcome::Shed,
     {},
     AppError::NoError,
     200},
    {"server stops",
     [](VisitorWorld& w) {
       H2Peer(w).ask();
       w.visitors.back()->closeNow();
     },
     RequestOutcome::ServerStopped,
     {},
     AppError::NoError,
     0},
};

void addRows(const std::vector<Case>& cases) {
  QTest::addColumn<std::size_t>("index");
  for (std::size_t i = 0; i < cases.size(); ++i) QTest::newRow(cases[i].name) << i;
}

void check(const Case& expected) {
  VisitorWorld world(limits());
  expected.run(world);
  QCOMPARE(world.observer.ends.size(), std::size_t{1});
  const server::RequestEnd& end = world.observer.ends[0];
  QCOMPARE(static_cast<int>(end.outcome), static_cast<int>(expected.outcome));
  QCOMPARE(end.problem.has_value(), expected.problem.has_value());
  if (expected.problem) QCOMPARE(static_cast<int>(*end.problem), static_cast<int>(*expected.problem));
  QCOMPARE(static_cast<int>(end.code), static_cast<int>(expected.code));
  QCOMPARE(end.status, expected.status);
  QCOMPARE(world.observer.lines.front().substr(0, 6), std::string("begin "));
  QCOMPARE(world.observer.lines.back(), std::string("end"));
  QCOMPARE(world.observer.lines.size(), std::size_t{expected.status == 0 ? 2U : 3U});
}

}  // namespace

class RequestObserverTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void tellsTheCauseByHttp1_data() { addRows(kHttp1); }
  void tellsTheCauseByHttp1() {
    QFETCH(std::size_t, index);
    check(kHttp1[index]);
  }
  void tellsTheCauseByHttp2_data() { addRows(kHttp2); }
  void tellsTheCauseByHttp2() {
    QFETCH(std::size_t, index);
    check(kHttp2[index]);
  }

  void countsContentBothWays() {
    VisitorWorld world(limits());
    const auto wire = world.visit(post("1234567890"));
    world.stream().deliver(answer("hello"), true);
    QCOMPARE(world.observer.ends.size(), std::size_t{0});  // it has not left yet
    wire->take();
    QCOMPARE(world.observer.ends.size(), std::size_t{1});
    QCOMPARE(world.observer.ends[0].received, std::uint64_t{10});
    QCOMPARE(world.observer.ends[0].sent, std::uint64_t{5});
    QVERIFY(world.observer.ends[0].duration >= world.observer.ends[0].untilHead);
  }

  void aNextRequestEndsTheOneBefore() {
    VisitorWorld world(limits());
    const auto wire = world.visit(get("shop.localhost"));
    world.stream().deliver(answer(), true);
    const server::RequestId first = world.observer.current;
    wire->deliver(*world.loop, get("shop.localhost"));
    QCOMPARE(world.observer.ends.size(), std::size_t{1});
    QCOMPARE(world.observer.ends[0].outcome, RequestOutcome::Answered);
    QVERIFY(world.observer.current != first);
  }

  void aMovedRequestIsToldOfWhereItIsServed() {
    VisitorWorld world(limits());
    world.visit(get("far.localhost"));
    QCOMPARE(world.moved.size(), std::size_t{1});
    QCOMPARE(world.observer.lines.size(), std::size_t{0});
  }

  void aMalformedHeadIsToldOnce() {
    VisitorWorld world(limits());
    const auto wire = world.visit(server::H2Visitor::factory());
    const auto ask = [](std::uint32_t stream, const std::string& host, const h2::Headers& more) {
      h2::Headers fields{{":method", "GET"}, {":scheme", "http"}, {":authority", host}, {":path", "/"}};
      fields.insert(fields.end(), more.begin(), more.end());
      return h2::headers(stream, fields, true);
    };
    // The request behind it would have the connection moved, and all of it read again there.
    wire->deliver(*world.loop, std::string(http::kH2PrefaceText) + h2::settings() +
                                   ask(1, "shop.localhost", {{"Upper", "case"}}) +
                                   ask(3, "far.localhost", {}));
    QCOMPARE(world.moved.size(), std::size_t{0});
    QCOMPARE(world.opened.size(), std::size_t{1});
    const std::vector<std::string> expected{"begin  ", "end", "begin GET /"};
    QCOMPARE(world.observer.lines, expected);
  }

  void withoutAnObserverNothingIsKept() {
    VisitorWorld world(limits());
    world.services.observer = nullptr;
    const auto wire = world.visit(get("shop.localhost"));
    world.stream().deliver(answer(), true);
    wire->take();
    QVERIFY(wire->received.ends_with("ok"));
    QCOMPARE(world.observer.lines.size(), std::size_t{0});
  }
};

QTEST_GUILESS_MAIN(RequestObserverTest)
#include "request_observer_test.moc"
