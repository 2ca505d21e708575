// SPDX-License-Identifier: Apache-2.0
// Sessions, declarations and routes over time. Pure: time is handed in. Who gets a name that somebody else
// has is in registry_names_test.cpp.
#include "tests/core/server/registry_bench.h"

using namespace adit;
using namespace adit::test;

class RegistryTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void givesNamesAndRoutes() {
    RegistryBench b;
    const auto session = b.login({.worker = 2});
    const auto declared =
        b.registry.apply(session.id, declare({httpTunnel(4, "Shop"), httpTunnel(5, "")}, 9), at(0s)).declared;
    QCOMPARE(declared.revision, std::uint64_t{9});
    QCOMPARE(declared.answers.size(), std::size_t{2});
    QVERIFY(declared.answers[0].accepted);
    QVERIFY(declared.answers[1].accepted);
    QCOMPARE(declared.answers[0].name, std::string("shop"));
    QCOMPARE(declared.answers[0].url, std::string("http://shop.t.example.com"));
    QVERIFY(!declared.answers[1].name.empty());
    const auto table = b.registry.routes().newest();
    const routing::RouteEntry* route = table->find("shop");
    QVERIFY(route != nullptr);
    QVERIFY((route->servers == std::vector{routing::RouteServer{session.id, 2, 4}}));
    QCOMPARE(route->principal->id, std::string("jane"));
    QVERIFY(route->kind == wire::TunnelKind::Http);
    QCOMPARE(table->find("other"), nullptr);
    QCOMPARE(table->find("shop.t.example.com"), nullptr);
  }

  void namesThePortInUrls() {
    RegistryBench b;
    b.registry.setPublicAddress({http::Scheme::Http, 8080});
    const auto session = b.login();
    QCOMPARE(b.declareAll(session.id, {httpTunnel(1, "a1")}).declared.answers[0].url,
             std::string("http://a1.t.example.com:8080"));
  }

  void leavesTheSchemesOwnPortOutOfUrls() {
    RegistryBench b;
    const auto session = b.login();
    const auto urlAt = [&](http::Scheme scheme, std::uint16_t port) {
      b.registry.setPublicAddress({scheme, port});
      return b.declareAll(session.id, {httpTunnel(1, "a1")}).declared.answers[0].url;
    };
    QCOMPARE(urlAt(http::Scheme::Http, 80), std::string("http://a1.t.example.com"));
    QCOMPARE(urlAt(http::Scheme::Https, 443), std::string("https://a1.t.example.com"));
    QCOMPARE(urlAt(http::Scheme::Https, 80), std::string("https://a1.t.example.com:80"));
    QCOMPARE(urlAt(http::Scheme::Http, 443), std::string("http://a1.t.example.com:443"));
  }

  void aChangedDomainCountsForWhatIsDeclaredFromThenOn() {
    RegistryBench b;
    const auto session = b.login();
    b.config.publish(ServerConfig{{}, "example.org"});
    QCOMPARE(b.registry.domain(), std::string("example.org"));
    QCOMPARE(b.declareAll(session.id, {httpTunnel(1, "a1")}).declared.answers[0].url,
             std::string("http://a1.example.org"));
  }

  void saysWhereElseAndHowFarVisitorsAreServed() {
    RegistryBench b;
    const auto session = b.login();
    const auto answers = [&] {
      return b.declareAll(session.id, {httpTunnel(1, "a1"), httpTunnel(2, "b1")}).declared.answers;
    };
    b.registry.setPublicAddress(
        {http::Scheme::Https, 8443, 8080, [](std::string_view host) { return host == "b1.t.example.com"; }});
    QCOMPARE(answers()[0].plainPort, 8080U);
    QVERIFY(!answers()[0].selfSigned);
    QVERIFY(answers()[1].selfSigned);
    b.registry.setPublicAddress({http::Scheme::Https, 443});
    QCOMPARE(answers()[0].plainPort, 0U);
    QVERIFY(!answers()[1].selfSigned);
    // Without TLS there is one address and no certificate.
    b.registry.setPublicAddress({http::Scheme::Http, 80, 8080, [](std::string_view) { return true; }});
    QCOMPARE(answers()[0].plainPort, 0U);
    QVERIFY(!answers()[0].selfSigned);
  }

  void refusesEachForItsOwnReason() {
    RegistryBench b;
    const auto other = b.login({.device = 2, .principal = "joe"});
    QCOMPARE(b.ask(other.id, "taken"), std::string("ok"));
    const auto session = b.login();
    const auto declared = b.declareAll(session.id, {httpTunnel(1, "taken"),
                                                    httpTunnel(2, "-bad-"),
                                                    {3, wire::TunnelKind::Tcp, "tcp"},
                                                    httpTunnel(4, "one"),
                                                    httpTunnel(4, "again"),
                                                    httpTunnel(5, "ONE"),
                                                    httpTunnel(6, "two"),
                                                    httpTunnel(7, "three"),
                                                    httpTunnel(8, "four")})
                              .declared;
    const auto code = [&](std::size_t i) {
      return declared.answers[i].accepted ? std::string("ok") : declared.answers[i].code;
    };
    QCOMPARE(declared.answers.size(), std::size_t{9});
    QCOMPARE(code(0), std::string("name-taken"));
    QCOMPARE(code(1), std::string("name-invalid"));
    QCOMPARE(code(2), std::string("unsupported"));
    QCOMPARE(code(3), std::string("ok"));
    QCOMPARE(code(4), std::string("invalid-argument"));
    QCOMPARE(code(5), std::string("name-taken"));
    QCOMPARE(code(6), std::string("ok"));
    QCOMPARE(code(7), std::string("ok"));
    QCOMPARE(code(8), std::string("limit-exceeded"));
    for (const auto& answer : declared.answers) QVERIFY(answer.accepted || !answer.message.empty());
    QCOMPARE(b.route("taken"), b.to(other));
  }

  void aNewDeclarationReplacesTheOld() {
    RegistryBench b;
    const auto session = b.login();
    b.declareAll(session.id, {httpTunnel(1, "a1"), httpTunnel(2, "b1")});
    b.declareAll(session.id, {httpTunnel(2, "b1")}, 1s);
    QCOMPARE(b.route("a1"), std::string("unknown"));
    QCOMPARE(b.route("b1"), b.to(session, 2));
    // It stays the principal's all the same.
    QCOMPARE(b.ask(b.login({.device = 2, .principal = "joe"}).id, "a1", 1s), std::string("name-taken"));
    QCOMPARE(b.ask(b.login({.device = 2, .instance = "two"}).id, "a1", 1s), std::string("ok"));
  }

  void aTunnelKeepsTheNameItWasGiven() {
    RegistryBench b;
    const auto session = b.login();
    const auto name = b.declareAll(session.id, {httpTunnel(1, "")}).declared.answers[0].name;
    QCOMPARE(b.declareAll(session.id, {httpTunnel(1, ""), httpTunnel(2, "x1")}, 1s).declared.answers[0].name,
             name);
  }

  void renamingMovesTheRoute() {
    RegistryBench b;
    const auto session = b.login();
    b.ask(session.id, "old");
    b.ask(session.id, "new");
    QCOMPARE(b.route("old"), std::string("unknown"));
    QCOMPARE(b.route("new"), b.to(session));
  }

  void namesMayChangePlaces() {
    RegistryBench b;
    const auto session = b.login();
    b.declareAll(session.id, {httpTunnel(1, "a1"), httpTunnel(2, "b1")});
    const auto swapped = b.declareAll(session.id, {httpTunnel(1, "b1"), httpTunnel(2, "a1")}).declared;
    QVERIFY(swapped.answers[0].accepted);
    QVERIFY(swapped.answers[1].accepted);
    QCOMPARE(b.route("a1"), b.to(session, 2));
    QCOMPARE(b.route("b1"), b.to(session, 1));
  }

  void anUnchangedDeclarationPublishesNothing() {
    RegistryBench b;
    const auto session = b.login();
    b.declareAll(session.id, {httpTunnel(1, "a1"), httpTunnel(2, "")});
    const auto table = b.registry.routes().newest();
    b.declareAll(session.id, {httpTunnel(1, "a1"), httpTunnel(2, "")}, 1s);
    QCOMPARE(b.registry.routes().newest(), table);
    b.login({.instance = "two"}, 1s);
    QCOMPARE(b.registry.routes().newest(), table);
  }

  void aNewerConnectionOfTheInstanceTakesOverAtOnce() {
    RegistryBench b;
    const auto first = b.login({.worker = 3});
    QVERIFY(!first.displaced);
    QVERIFY(first.tunnels.empty());
    b.declareAll(first.id, {httpTunnel(1, "shop")});
    const auto second = b.login({.worker = 5}, 1s);
    QVERIFY(second.displaced);
    QCOMPARE(second.displaced->id, first.id);
    QCOMPARE(second.displaced->worker, 3U);
    // Before it has declared anything, requests come to it.
    QCOMPARE(b.route("shop"), b.to(second));
    QCOMPARE(b.registry.routes().newest()->find("shop")->servers.at(0).worker, 5U);
    QVERIFY(second.tunnels == std::vector<std::uint64_t>{1});
    // The displaced one has nothing to say any more.
    const auto late = b.declareAll(first.id, {httpTunnel(1, "shop")}, 1s).declared;
    QCOMPARE(late.answers.at(0).code, std::string("taken-over"));
    b.leave(first.id, 2s);
    QCOMPARE(b.route("shop", 2s), b.to(second));
    // What it does not declare again is gone.
    b.declareAll(second.id, {httpTunnel(9, "other")}, 2s);
    QCOMPARE(b.route("shop", 2s), std::string("unknown"));
  }

  void aLostSessionComesBackAsItWas() {
    RegistryBench b;
    const auto first = b.login();
    b.ask(first.id, "shop");
    b.lose(first.id, 10s);
    QCOMPARE(b.route("shop", 10s), std::string("offline"));
    const auto again = b.login({}, 309s);
    QVERIFY(!again.displaced);
    QCOMPARE(b.route("shop", 309s), b.to(again));
    QVERIFY(again.tunnels == std::vector<std::uint64_t>{1});
  }

  void aLostSessionIsKeptForFiveMinutes() {
    RegistryBench b;
    const auto first = b.login();
    b.ask(first.id, "shop");
    b.lose(first.id, 10s);
    QCOMPARE(b.registry.sessionCount(), std::size_t{1});
    const auto again = b.login({}, 310s);
    QVERIFY(again.tunnels.empty());
    QCOMPARE(b.registry.sessionCount(), std::size_t{1});
    QCOMPARE(b.route("shop", 310s), std::string("unknown"));
    QCOMPARE(b.ask(again.id, "shop", 310s), std::string("ok"));
  }

  void anotherPrincipalDoesNotInheritTheInstance() {
    RegistryBench b;
    const auto first = b.login();
    b.ask(first.id, "shop");
    const auto second = b.login({.principal = "joe"}, 1s);
    QVERIFY(second.displaced);
    QVERIFY(second.tunnels.empty());
    QCOMPARE(b.route("shop", 1s), std::string("offline"));
    QCOMPARE(b.ask(second.id, "shop", 1s), std::string("name-taken"));
    b.lose(second.id, 2s);
    QVERIFY(b.login({}, 3s).tunnels.empty());
  }

  void sessionsAreBounded() {
    RegistryParams params = threeTunnels();
    params.maxSessions = 2;
    RegistryBench b(params);
    const auto first = b.login({.instance = "1"});
    b.login({.instance = "2"});
    QVERIFY(b.tryLogin({.instance = "3"}).error().code == ErrorCode::Overloaded);
    b.login({.instance = "2"}, 1s);  // a newer connection needs no room
    b.lose(first.id, 1s);
    // The lost one gives way.
    QVERIFY(b.tryLogin({.instance = "3"}, 2s).has_value());
    QCOMPARE(b.registry.sessionCount(), std::size_t{2});
    QVERIFY(b.tryLogin({.instance = "1"}, 2s).error().code == ErrorCode::Overloaded);
  }

  void visitorsAreToldOfALostTunnelForFiveMinutes() {
    RegistryBench b;
    const auto first = b.login();
    b.ask(first.id, "shop");
    b.lose(first.id, 0s);
    QCOMPARE(b.route("shop", 299s), std::string("offline"));
    QCOMPARE(b.route("shop", 300s), std::string("unknown"));
    // What is over goes from the table, too.
    b.login({.device = 2, .principal = "joe"}, 301s);
    QCOMPARE(b.registry.routes().newest()->find("shop"), nullptr);
  }

  void whoLeftLeavesItsAddressesOfflineForAWhile() {
    RegistryBench b;
    const auto first = b.login();
    b.ask(first.id, "shop");
    b.leave(first.id);
    QCOMPARE(b.route("shop", 299s), std::string("offline"));
    QVERIFY(b.login().tunnels.empty());  // it said good-bye
    QCOMPARE(b.ask(b.login({.device = 2, .principal = "joe"}).id, "shop", 1s), std::string("name-taken"));
  }

  void aDrainingSessionGetsNoNewRequests() {
    RegistryBench b;
    const auto first = b.login();
    b.ask(first.id, "shop");
    b.registry.suspendSession(first.id, at(1s));
    QCOMPARE(b.route("shop", 1s), std::string("offline"));
    QCOMPARE(b.ask(first.id, "shop", 2s), std::string("ok"));
    QCOMPARE(b.ask(first.id, "more", 2s), std::string("ok"));
    QCOMPARE(b.route("shop", 2s), std::string("unknown"));
    QCOMPARE(b.route("more", 2s), std::string("offline"));
    QCOMPARE(b.ask(b.login({.device = 2, .principal = "joe"}).id, "more", 2s), std::string("name-taken"));
    // Its next connection is not draining.
    const auto next = b.login({}, 3s);
    QCOMPARE(b.route("more", 3s), b.to(next));
  }

  void eachChangeIsPublishedOnce() {
    RegistryBench b;
    const auto session = b.login();
    b.ask(session.id, "shop");
    const auto held = b.registry.routes().newest();
    b.lose(session.id, 0s);
    const auto after = b.registry.routes().newest();
    QVERIFY(after != held);
    QVERIFY(held->find("shop")->isOnline());  // who holds the old one is undisturbed
    b.lose(session.id, 0s);                   // twice is nothing
    b.registry.suspendSession(77, at(0s));
    QCOMPARE(b.registry.routes().newest(), after);
  }
};

QTEST_APPLESS_MAIN(RegistryTest)
#include "registry_test.moc"
