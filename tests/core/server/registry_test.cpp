// SPDX-License-Identifier: Apache-2.0
// Names, sessions and routes over time. Pure: time is handed in.
#include <QTest>

#include "core/server/registry.h"

using namespace adit;
using namespace adit::server;
using namespace std::chrono_literals;

namespace {

Timestamp at(Duration sinceStart) { return Timestamp(1h) + sinceStart; }
tls::Pin key(std::uint8_t number) {
  tls::Pin pin;
  pin.sha256[0] = number;
  return pin;
}
wire::Declare declare(std::vector<wire::TunnelDeclaration> tunnels, std::uint64_t revision = 1) {
  return {revision, std::move(tunnels)};
}
wire::TunnelDeclaration httpTunnel(std::uint64_t id, std::string name) {
  return {id, wire::TunnelKind::Http, std::move(name)};
}
RegistryParams params() { return {"t.example.com", 3, 300s}; }

}  // namespace

class RegistryTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void givesNamesAndRoutes() {
    Registry registry(params());
    const auto session = registry.addSession(key(1), 2);
    const auto declared =
        registry.apply(session.id, declare({httpTunnel(4, "Shop"), httpTunnel(5, "")}, 9), at(0s));
    QCOMPARE(declared.revision, std::uint64_t{9});
    QCOMPARE(declared.answers.size(), std::size_t{2});
    QVERIFY(declared.answers[0].accepted && declared.answers[1].accepted);
    QCOMPARE(declared.answers[0].name, std::string("shop"));
    QCOMPARE(declared.answers[0].url, std::string("http://shop.t.example.com"));
    QVERIFY(!declared.answers[1].name.empty());
    const auto table = registry.routes();
    const Route* route = table->find("shop");
    QVERIFY(route != nullptr && route->online);
    QCOMPARE(route->worker, 2U);
    QCOMPARE(route->session, session.id);
    QCOMPARE(route->tunnel, std::uint64_t{4});
    QCOMPARE(table->find("other"), nullptr);
    QCOMPARE(table->find("shop.t.example.com"), nullptr);
  }

  void namesThePortInUrls() {
    Registry registry(params());
    registry.setPublicAddress({http::Scheme::Http, 8080});
    const auto session = registry.addSession(key(1), 0);
    QCOMPARE(registry.apply(session.id, declare({httpTunnel(1, "a1")}), at(0s)).answers[0].url,
             std::string("http://a1.t.example.com:8080"));
  }

  void leavesTheSchemesOwnPortOutOfUrls() {
    Registry registry(params());
    const auto session = registry.addSession(key(1), 0);
    const auto urlAt = [&](http::Scheme scheme, std::uint16_t port) {
      registry.setPublicAddress({scheme, port});
      return registry.apply(session.id, declare({httpTunnel(1, "a1")}), at(0s)).answers[0].url;
    };
    QCOMPARE(urlAt(http::Scheme::Http, 80), std::string("http://a1.t.example.com"));
    QCOMPARE(urlAt(http::Scheme::Https, 443), std::string("https://a1.t.example.com"));
    QCOMPARE(urlAt(http::Scheme::Https, 80), std::string("https://a1.t.example.com:80"));
    QCOMPARE(urlAt(http::Scheme::Http, 443), std::string("http://a1.t.example.com:443"));
  }

  void saysWhereElseAndHowFarVisitorsAreServed() {
    Registry registry(params());
    const auto session = registry.addSession(key(1), 0);
    const auto answers = [&] {
      return registry.apply(session.id, declare({httpTunnel(1, "a1"), httpTunnel(2, "b1")}), at(0s)).answers;
    };
    registry.setPublicAddress(
        {http::Scheme::Https, 8443, 8080, [](std::string_view host) { return host == "b1.t.example.com"; }});
    QCOMPARE(answers()[0].plainPort, 8080U);
    QVERIFY(!answers()[0].selfSigned && answers()[1].selfSigned);
    registry.setPublicAddress({http::Scheme::Https, 443});
    QCOMPARE(answers()[0].plainPort, 0U);
    QVERIFY(!answers()[1].selfSigned);
    // Without TLS there is one address and no certificate.
    registry.setPublicAddress({http::Scheme::Http, 80, 8080, [](std::string_view) { return true; }});
    QCOMPARE(answers()[0].plainPort, 0U);
    QVERIFY(!answers()[0].selfSigned);
  }

  void refusesEachForItsOwnReason() {
    Registry registry(params());
    const auto other = registry.addSession(key(2), 0);
    registry.apply(other.id, declare({httpTunnel(1, "taken")}), at(0s));
    const auto session = registry.addSession(key(1), 0);
    const auto declared = registry.apply(session.id,
                                         declare({httpTunnel(1, "taken"),
                                                  httpTunnel(2, "-bad-"),
                                                  {3, wire::TunnelKind::Tcp, "tcp"},
                                                  httpTunnel(4, "one"),
                                                  httpTunnel(4, "again"),
                                                  httpTunnel(5, "ONE"),
                                                  httpTunnel(6, "two"),
                                                  httpTunnel(7, "three"),
                                                  httpTunnel(8, "four")}),
                                         at(0s));
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
    QCOMPARE(registry.routes()->find("taken")->session, other.id);
  }

  void aNewDeclarationReplacesTheOld() {
    Registry registry(params());
    const auto session = registry.addSession(key(1), 0);
    registry.apply(session.id, declare({httpTunnel(1, "a1"), httpTunnel(2, "b1")}), at(0s));
    registry.apply(session.id, declare({httpTunnel(2, "b1")}, 2), at(1s));
    QCOMPARE(registry.routes()->find("a1"), nullptr);
    QVERIFY(registry.routes()->find("b1")->online);
    // Given up is free at once.
    const auto other = registry.addSession(key(2), 0);
    QVERIFY(registry.apply(other.id, declare({httpTunnel(1, "a1")}), at(1s)).answers[0].accepted);
  }

  void aChosenNameStaysWithItsTunnel() {
    Registry registry(params());
    const auto session = registry.addSession(key(1), 0);
    const auto name = registry.apply(session.id, declare({httpTunnel(1, "")}), at(0s)).answers[0].name;
    QCOMPARE(registry.apply(session.id, declare({httpTunnel(1, ""), httpTunnel(2, "x1")}, 2), at(1s))
                 .answers[0]
                 .name,
             name);
  }

  void aRenamedTunnelGivesUpItsOldName() {
    Registry registry(params());
    const auto session = registry.addSession(key(1), 0);
    registry.apply(session.id, declare({httpTunnel(1, "old")}), at(0s));
    registry.apply(session.id, declare({httpTunnel(1, "new")}, 2), at(0s));
    QCOMPARE(registry.routes()->find("old"), nullptr);
    QVERIFY(registry.routes()->find("new")->online);
  }

  void tunnelsMaySwapNames() {
    Registry registry(params());
    const auto session = registry.addSession(key(1), 0);
    registry.apply(session.id, declare({httpTunnel(1, "a1"), httpTunnel(2, "b1")}), at(0s));
    const auto declared =
        registry.apply(session.id, declare({httpTunnel(1, "b1"), httpTunnel(2, "a1")}, 2), at(0s));
    QVERIFY(declared.answers[0].accepted && declared.answers[1].accepted);
    QCOMPARE(registry.routes()->find("a1")->tunnel, std::uint64_t{2});
    QCOMPARE(registry.routes()->find("b1")->tunnel, std::uint64_t{1});
  }

  void aNewerConnectionOfTheSameKeyTakesOver() {
    Registry registry(params());
    const auto first = registry.addSession(key(1), 3);
    QVERIFY(!first.displaced);
    registry.apply(first.id, declare({httpTunnel(1, "shop")}), at(0s));
    const auto second = registry.addSession(key(1), 5);
    QVERIFY(second.displaced.has_value());
    QCOMPARE(second.displaced->id, first.id);
    QCOMPARE(second.displaced->worker, 3U);
    // The displaced one can do no more harm: neither declare nor take the name along when it goes.
    const auto late = registry.apply(first.id, declare({httpTunnel(1, "shop")}), at(1s));
    QCOMPARE(late.answers[0].code, std::string("taken-over"));
    registry.apply(second.id, declare({httpTunnel(9, "shop")}), at(1s));
    registry.removeSession(first.id, Registry::Departure::Left, at(2s));
    const auto table = registry.routes();
    QVERIFY(table->find("shop")->online);
    QCOMPARE(table->find("shop")->worker, 5U);
    QCOMPARE(table->find("shop")->tunnel, std::uint64_t{9});
  }

  void whatTheNewerConnectionDoesNotDeclareIsGone() {
    Registry registry(params());
    const auto first = registry.addSession(key(1), 0);
    registry.apply(first.id, declare({httpTunnel(1, "a1"), httpTunnel(2, "b1")}), at(0s));
    const auto second = registry.addSession(key(1), 1);
    registry.apply(second.id, declare({httpTunnel(1, "a1")}), at(1s));
    QCOMPARE(registry.routes()->find("b1"), nullptr);
  }

  void aLostClientFindsItsNameAgain() {
    Registry registry(params());
    const auto first = registry.addSession(key(1), 0);
    registry.apply(first.id, declare({httpTunnel(1, "shop")}), at(0s));
    registry.removeSession(first.id, Registry::Departure::Lost, at(10s));
    const auto table = registry.routes();
    QVERIFY(!table->find("shop")->online);
    QVERIFY(table->find("shop")->keptUntil == at(310s));
    const auto other = registry.addSession(key(2), 0);
    QCOMPARE(registry.apply(other.id, declare({httpTunnel(1, "shop")}), at(309s)).answers[0].code,
             std::string("name-taken"));
    const auto again = registry.addSession(key(1), 0);
    QVERIFY(registry.apply(again.id, declare({httpTunnel(1, "shop")}), at(309s)).answers[0].accepted);
    QVERIFY(registry.routes()->find("shop")->online);
  }

  void aKeptNameIsFreeAfterTheGrace() {
    Registry registry(params());
    const auto first = registry.addSession(key(1), 0);
    registry.apply(first.id, declare({httpTunnel(1, "shop")}), at(0s));
    registry.removeSession(first.id, Registry::Departure::Lost, at(0s));
    const auto other = registry.addSession(key(2), 0);
    QVERIFY(registry.apply(other.id, declare({httpTunnel(1, "shop")}), at(301s)).answers[0].accepted);
    QCOMPARE(registry.routes()->find("shop")->session, other.id);
  }

  void expiredRoutesAreSwept() {
    Registry registry(params());
    const auto first = registry.addSession(key(1), 0);
    registry.apply(first.id, declare({httpTunnel(1, "shop")}), at(0s));
    registry.removeSession(first.id, Registry::Departure::Lost, at(0s));
    const auto other = registry.addSession(key(2), 0);
    registry.apply(other.id, declare({httpTunnel(1, "x1")}), at(301s));
    QCOMPARE(registry.routes()->find("shop"), nullptr);
  }

  void whoLeavesGivesTheNameAwayButIsOfflineForAWhile() {
    Registry registry(params());
    const auto first = registry.addSession(key(1), 0);
    registry.apply(first.id, declare({httpTunnel(1, "shop")}), at(0s));
    registry.removeSession(first.id, Registry::Departure::Left, at(0s));
    QVERIFY(!registry.routes()->find("shop")->online);
    const auto other = registry.addSession(key(2), 1);
    QVERIFY(registry.apply(other.id, declare({httpTunnel(1, "shop")}), at(1s)).answers[0].accepted);
    QVERIFY(registry.routes()->find("shop")->online);
    QCOMPARE(registry.routes()->find("shop")->worker, 1U);
  }

  void aSuspendedSessionIsOfflineAndKeepsItsNames() {
    Registry registry(params());
    const auto first = registry.addSession(key(1), 0);
    registry.apply(first.id, declare({httpTunnel(1, "shop")}), at(0s));
    registry.suspendSession(first.id, at(1s));
    QVERIFY(!registry.routes()->find("shop")->online);
    const auto other = registry.addSession(key(2), 0);
    QCOMPARE(registry.apply(other.id, declare({httpTunnel(1, "shop")}), at(2s)).answers[0].code,
             std::string("name-taken"));
  }

  void aSuspendedSessionStaysOfflineWhateverItDeclares() {
    Registry registry(params());
    const auto first = registry.addSession(key(1), 0);
    registry.apply(first.id, declare({httpTunnel(1, "shop")}), at(0s));
    registry.suspendSession(first.id, at(1s));
    registry.apply(first.id, declare({httpTunnel(1, "shop")}, 2), at(2s));
    QVERIFY(!registry.routes()->find("shop")->online);
  }

  void theVersionChangesWithTheRoutesOnly() {
    Registry registry(params());
    const std::uint64_t start = registry.version();
    const auto session = registry.addSession(key(1), 0);
    QCOMPARE(registry.version(), start);
    registry.apply(session.id, declare({httpTunnel(1, "shop")}), at(0s));
    const std::uint64_t declaredVersion = registry.version();
    QVERIFY(declaredVersion != start);
    const auto held = registry.routes();
    registry.removeSession(session.id, Registry::Departure::Lost, at(0s));
    QVERIFY(registry.version() != declaredVersion);
    QVERIFY(held->find("shop")->online);  // a snapshot somebody holds does not change
    registry.removeSession(session.id, Registry::Departure::Lost, at(0s));  // twice is nothing
    registry.suspendSession(77, at(0s));
  }
};

QTEST_APPLESS_MAIN(RegistryTest)
#include "registry_test.moc"
