// SPDX-License-Identifier: Apache-2.0
// The look-up of a host, and what is decided about a request: for every case of the policy what becomes of it
// and what it did to the head.
#include <QTest>

#include "core/server/request_policy.h"

using namespace adit;
using namespace adit::server;
using namespace std::chrono_literals;

using Kind = Destination::Kind;
using Action = RequestDecision::Action;
using http::Problem;

namespace {

constexpr Timestamp kNow{1000s};
const http::HopNames kNames("me");

Destination to(Kind kind) { return {kind, 2, 7, 3}; }

/// A request for a host that was looked up already.
struct Request {
  explicit Request(std::string_view method = "GET", std::vector<http::Field> fields = {}) {
    head.method = method;
    head.target = "/";
    head.authority = "shop.example.com";
    head.fields = std::move(fields);
  }
  RequestDecision decide(const Destination& destination) {
    return decideRequest({kNames, redirectPort},
                         {head, scheme, destination, speaksForHost, mayMove, refusedWith}, scratch);
  }
  [[nodiscard]] std::string fieldsAsText() const {
    std::string text;
    for (const http::Field& field : head.fields)
      text.append(field.name).append("=").append(field.value).append(";");
    return text;
  }
  http::RequestHead head;
  http::MaxForwardsText scratch{};
  http::Scheme scheme = http::Scheme::Https;
  std::uint16_t redirectPort = 443;
  bool speaksForHost = true;
  bool mayMove = true;
  std::uint16_t refusedWith = 0;
};

/// A request for `authority` of `peer`.
RequestOrigin asked(std::string_view authority, const char* peer = "127.0.0.1:5") {
  return {net::SocketAddress::parse(peer).value(), http::Scheme::Http, authority};
}

std::shared_ptr<const routing::RouteEntry> route(const char* name, std::vector<routing::RouteServer> servers,
                                                 Timestamp offlineUntil = kNever) {
  auto entry = std::make_shared<routing::RouteEntry>();
  entry->name = name;
  entry->servers = std::move(servers);
  entry->offlineUntil = offlineUntil;
  return entry;
}

std::shared_ptr<const RouteTable> table() {
  RouteTable::Editor editor(std::make_shared<RouteTable>());
  editor.set(route("shop", {{7, 1, 3}}));
  editor.set(route("away", {}, kNow + 1s));
  editor.set(route("gone", {}, kNow));
  return editor.finish();
}

}  // namespace

Q_DECLARE_METATYPE(Kind)
Q_DECLARE_METATYPE(Problem)

class RequestPolicyTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void looksAHostUp_data() {
    QTest::addColumn<QByteArray>("authority");
    QTest::addColumn<unsigned>("worker");
    QTest::addColumn<Kind>("kind");
    const auto row = [](const char* name, const char* authority, unsigned worker, Kind kind) {
      QTest::newRow(name) << QByteArray(authority) << worker << kind;
    };
    row("on the asking worker", "shop.example.com", 1, Kind::Here);
    row("on another worker", "shop.example.com", 0, Kind::Elsewhere);
    row("with a port, in capitals", "SHOP.Example.COM:8443", 1, Kind::Here);
    row("reserved for a client that is away", "away.example.com", 1, Kind::Offline);
    row("reserved no longer", "gone.example.com", 1, Kind::Unknown);
    row("never declared", "none.example.com", 1, Kind::Unknown);
    row("the domain itself", "example.com", 1, Kind::Unknown);
    row("no label", ".example.com", 1, Kind::Unknown);
    row("two labels", "a.shop.example.com", 1, Kind::Unknown);
    row("a name that ends alike", "shopexample.com", 1, Kind::Unknown);
    row("another domain", "shop.example.org", 1, Kind::Unknown);
    row("nothing", "", 1, Kind::Unknown);
  }
  void looksAHostUp() {
    QFETCH(QByteArray, authority);
    QFETCH(unsigned, worker);
    QFETCH(Kind, kind);
    const Destination found =
        findDestination(*table(), {"example.com", worker, kNow}, asked(authority.toStdString()));
    QCOMPARE(found.kind, kind);
    if (kind != Kind::Here && kind != Kind::Elsewhere) return;
    QCOMPARE(found.worker, 1U);
    QCOMPARE(found.session, SessionId{7});
    QCOMPARE(found.tunnel, std::uint64_t{3});
  }
  void refusesAHostThatIsTooLong() {
    const std::string authority = std::string(260, 'x') + ".example.com";
    QCOMPARE(findDestination(*table(), {"example.com", 1, kNow}, asked(authority)).kind, Kind::Unknown);
  }

  void loopbackHostsLeadToTheOnlyTunnel_data() {
    QTest::addColumn<QByteArray>("authority");
    QTest::addColumn<bool>("known");
    for (const char* host :
         {"localhost", "LocalHost:4080", "127.0.0.1", "127.0.0.1:9", "[::1]", "[::1]:4080"})
      QTest::newRow(host) << QByteArray(host) << true;
    // Whatever leads here by somebody's DNS is a stranger's name, and so are this machine's other addresses.
    for (const char* host : {"rebound.example", "127.0.0.2", "127.0.0.1.example", "localhost.example",
                             "[::2]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1", "", "a.localhost"})
      QTest::newRow(host) << QByteArray(host) << false;
  }
  void loopbackHostsLeadToTheOnlyTunnel() {
    QFETCH(QByteArray, authority);
    QFETCH(bool, known);
    const std::string host = authority.toStdString();
    const auto routes = table();
    const LookupContext embedded{"example.com", 1, kNow, true};
    QCOMPARE(findDestination(*routes, embedded, asked(host)).kind, known ? Kind::Here : Kind::Unknown);
    QCOMPARE(findDestination(*routes, embedded, asked(host, "[::1]:5")).kind,
             known ? Kind::Here : Kind::Unknown);
    for (const char* peer : {"192.0.2.1:5", "[2001:db8::1]:5", "10.0.0.1:5"})
      QCOMPARE(findDestination(*routes, embedded, asked(host, peer)).kind, Kind::Unknown);
    RequestOrigin proxied = asked(host);
    proxied.isProxied = true;
    QCOMPARE(findDestination(*routes, embedded, proxied).kind, Kind::Unknown);
    const LookupContext other{"example.com", 1, kNow, false};
    QCOMPARE(findDestination(*routes, other, asked(host)).kind, Kind::Unknown);
  }

  void loopbackHostsStandForAllTunnels() {
    const LookupContext embedded{"localhost", 0, kNow, true};
    const auto kind = [&](const RouteTable& routes) {
      return findDestination(routes, embedded, asked("localhost:4080")).kind;
    };
    RouteTable::Editor editor(std::make_shared<RouteTable>());
    const auto table = [&editor] {
      auto made = editor.finish();
      editor = RouteTable::Editor(made);
      return made;
    };
    QCOMPARE(kind(*table()), Kind::Unknown);
    editor.set(route("gone", {}, kNow));
    QCOMPARE(kind(*table()), Kind::Unknown);
    editor.set(route("away", {}, kNow + 1s));
    QCOMPARE(kind(*table()), Kind::Offline);
    editor.set(route("shop", {{7, 0, 3}}));
    QCOMPARE(kind(*table()), Kind::Here);
    QVERIFY(linksToTunnels(*table(), "localhost", http::Scheme::Http, "localhost").size() == 1);
    editor.set(route("blog", {{7, 0, 4}}));
    const auto two = table();
    QCOMPARE(kind(*two), Kind::Several);
    editor.set(route("api", {{7, 0, 5}}));
    const auto three = table();
    QCOMPARE(kind(*three), Kind::Several);
    QCOMPARE(findDestination(*three, embedded, asked("shop.localhost:4080")).tunnel, std::uint64_t{3});
    std::string urls;
    for (const auto& link : linksToTunnels(*three, "localhost", http::Scheme::Https, "[::1]:4443"))
      urls += link.text + " " + link.url + "; ";
    QCOMPARE(urls, std::string("api https://api.localhost:4443/; blog https://blog.localhost:4443/; "
                               "shop https://shop.localhost:4443/; "));
    QCOMPARE(linksToTunnels(*two, "localhost", http::Scheme::Http, "localhost")[0].url,
             std::string("http://blog.localhost/"));
  }

  void aListIsAtTheRootOnly() {
    const auto problem = [](std::string_view method, std::string_view target) {
      Request request(method);
      request.head.target = target;
      return request.decide(to(Kind::Several)).problem;
    };
    QCOMPARE(problem("GET", "/"), Problem::TunnelList);
    QCOMPARE(problem("HEAD", "/?x"), Problem::TunnelList);
    QCOMPARE(problem("GET", "/api"), Problem::WhichTunnel);
    QCOMPARE(problem("POST", "/"), Problem::WhichTunnel);
    QCOMPARE(problem("OPTIONS", "*"), Problem::WhichTunnel);
  }

  void answersByItself_data() {
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("field");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<Kind>("kind");
    QTest::addColumn<Problem>("problem");
    const auto row = [](const char* name, const char* method, const char* field, const QByteArray& value,
                        Kind kind, Problem problem) {
      QTest::newRow(name) << QByteArray(method) << QByteArray(field) << value << kind << problem;
    };
    const QByteArray fourVisits = "adit-me, adit-me, adit-me, adit-me";
    row("unknown", "GET", "X", "1", Kind::Unknown, Problem::UnknownHost);
    row("offline", "GET", "X", "1", Kind::Offline, Problem::TunnelOffline);
    row("TRACE", "TRACE", "X", "1", Kind::Here, Problem::NotImplemented);
    row("CONNECT", "CONNECT", "X", "1", Kind::Here, Problem::NotImplemented);
    row("OPTIONS that ends here", "OPTIONS", "Max-Forwards", "0", Kind::Here, Problem::EndsHere);
    row("OPTIONS with a bad count", "OPTIONS", "Max-Forwards", "many", Kind::Here, Problem::BadRequest);
    row("a loop", "GET", "CDN-Loop", fourVisits, Kind::Here, Problem::LoopDetected);
    row("TRACE to a name nobody has", "TRACE", "X", "1", Kind::Unknown, Problem::UnknownHost);
  }
  void answersByItself() {
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, field);
    QFETCH(QByteArray, value);
    QFETCH(Kind, kind);
    QFETCH(Problem, problem);
    Request request(std::string_view(method.constData()), {{field.constData(), value.constData()}});
    const RequestDecision decision = request.decide(to(kind));
    QCOMPARE(decision.action, Action::Answer);
    QCOMPARE(decision.problem, problem);
  }

  void forwardsWithAPreparedHead() {
    Request request("OPTIONS",
                    {{"Connection", "x-hop"}, {"X-Hop", "1"}, {"Max-Forwards", "10"}, {"X-Own", "2"}});
    const RequestDecision decision = request.decide(to(Kind::Here));
    QCOMPARE(decision.action, Action::Forward);
    QCOMPARE(decision.destination.session, SessionId{7});
    QCOMPARE(decision.destination.tunnel, std::uint64_t{3});
    QCOMPARE(request.fieldsAsText(), std::string("Max-Forwards=9;X-Own=2;CDN-Loop=adit-me;"));
  }

  void movesWhileItCan() {
    Request request("TRACE", {{"Connection", "close"}});
    const RequestDecision decision = request.decide(to(Kind::Elsewhere));
    QCOMPARE(decision.action, Action::Move);
    QCOMPARE(decision.destination.worker, 2U);
    QCOMPARE(request.fieldsAsText(), std::string("Connection=close;"));  // read again over there
  }
  void forwardsFromAfarWhereItCannotMove() {
    Request request;
    request.mayMove = false;
    const RequestDecision decision = request.decide(to(Kind::Elsewhere));
    QCOMPARE(decision.action, Action::Forward);
    QCOMPARE(decision.destination.kind, Kind::Elsewhere);
  }

  void redirectsKnownNamesOnly() {
    for (const Kind kind : {Kind::Offline, Kind::Here, Kind::Elsewhere}) {
      Request request;
      request.scheme = http::Scheme::Http;
      request.speaksForHost = false;
      QCOMPARE(request.decide(to(kind)).action, Action::Redirect);
    }
    Request stranger;
    stranger.scheme = http::Scheme::Http;
    QCOMPARE(stranger.decide(to(Kind::Unknown)).problem, Problem::UnknownHost);
    Request unredirected;
    unredirected.scheme = http::Scheme::Http;
    unredirected.redirectPort = 0;
    QCOMPARE(unredirected.decide(to(Kind::Here)).action, Action::Forward);
  }

  void refusesHostsOfAnotherConnection() {
    for (const Kind kind : {Kind::Offline, Kind::Here, Kind::Elsewhere}) {
      Request request;
      request.speaksForHost = false;
      const RequestDecision decision = request.decide(to(kind));
      QCOMPARE(decision.action, Action::Answer);
      QCOMPARE(decision.problem, Problem::Misdirected);
    }
    Request stranger;
    stranger.speaksForHost = false;
    QCOMPARE(stranger.decide(to(Kind::Unknown)).problem, Problem::UnknownHost);
  }

  void whatTheProtocolRefusesComesFirst() {
    Request request;
    request.refusedWith = 431;
    request.scheme = http::Scheme::Http;
    const RequestDecision decision = request.decide(to(Kind::Elsewhere));
    QCOMPARE(decision.action, Action::Answer);
    QCOMPARE(decision.problem, Problem::HeadTooLarge);
  }
};

QTEST_GUILESS_MAIN(RequestPolicyTest)
#include "request_policy_test.moc"
