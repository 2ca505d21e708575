// SPDX-License-Identifier: Apache-2.0
// Who owns a name: every situation of two that want the same, over time that is handed in.
#include "tests/core/server/registry_bench.h"

using namespace adit;
using namespace adit::test;

namespace {

wire::TunnelDeclaration takingOver(std::string name) {
  auto tunnel = httpTunnel(1, std::move(name));
  tunnel.takeOver = true;
  return tunnel;
}
wire::TunnelDeclaration chosenBefore(std::string name) {
  auto tunnel = httpTunnel(1, std::move(name));
  tunnel.chosen = true;
  return tunnel;
}

std::shared_ptr<const access::TokenSnapshot> tokensOf(const std::vector<std::string>& principals) {
  std::vector<access::TokenSnapshot::Token> tokens;
  for (const auto& id : principals) tokens.push_back({id, id, id, access::hashToken(id).value()});
  return std::make_shared<access::TokenSnapshot>(std::move(tokens));
}

const Person kTerminal{.instance = "first"};
const Person kOtherTerminal{.instance = "second"};
const Person kDesk{.device = 2, .instance = "third", .deviceName = "desk"};
const Person kStranger{.device = 9, .principal = "joe", .deviceName = "elsewhere"};

}  // namespace

class RegistryNamesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void twoTerminalsOfADeviceLiveSideBySide() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    const auto second = b.login(kOtherTerminal);
    QVERIFY(!second.displaced);
    QCOMPARE(b.ask(first.id, "shop"), std::string("ok"));
    QCOMPARE(b.ask(second.id, "blog"), std::string("ok"));
    QCOMPARE(b.route("shop"), b.to(first));
    QCOMPARE(b.route("blog"), b.to(second));
  }

  void killedTerminalsComeBackInAnyOrder() {
    // Neither connection is known to be dead: the new processes, with instances of their own, contest.
    RegistryBench b;
    const auto first = b.login(kTerminal);
    const auto second = b.login(kOtherTerminal);
    b.ask(first.id, "shop");
    b.ask(second.id, "blog");
    const auto blogAgain = b.login({.instance = "fourth"}, 1s);
    const auto shopAgain = b.login({.instance = "fifth"}, 1s);
    QCOMPARE(b.ask(blogAgain.id, "blog", 1s), std::string("contested"));
    QCOMPARE(b.ask(shopAgain.id, "shop", 1s), std::string("contested"));
    QCOMPARE(b.verdict(b.registry.settle(blogAgain.id, second.id, false, at(2s))), std::string("ok"));
    QCOMPARE(b.verdict(b.registry.settle(shopAgain.id, first.id, false, at(2s))), std::string("ok"));
    QCOMPARE(b.route("shop", 2s), b.to(shopAgain));
    QCOMPARE(b.route("blog", 2s), b.to(blogAgain));
  }

  void aTunnelWhoseNameIsContestedIsDeclaredOnce() {
    RegistryBench b;
    const auto holder = b.login(kTerminal);
    b.declareAll(holder.id, {httpTunnel(1, "shop"), httpTunnel(2, "blog")});
    const auto asker = b.login(kOtherTerminal, 1s);
    const auto applied = b.declareAll(
        asker.id, {httpTunnel(1, "shop"), httpTunnel(1, "wiki"), httpTunnel(1, "blog"), httpTunnel(1, "")},
        1s);
    QCOMPARE(applied.declared.answers.size(), std::size_t{3});
    for (const auto& answer : applied.declared.answers)
      QCOMPARE(answer.code, std::string("invalid-argument"));
    const auto settled = b.registry.settle(asker.id, holder.id, false, at(2s));
    QCOMPARE(settled.declared.answers.size(), std::size_t{1});
    QCOMPARE(settled.declared.answers[0].name, std::string("shop"));
    // Nothing is held by a session that is gone.
    b.leave(asker.id, 3s);
    const auto third = b.login(kDesk, 4s);
    for (const char* name : {"shop", "wiki"}) QCOMPARE(b.ask(third.id, name, 4s), std::string("ok"));
  }

  void aLivingTerminalKeepsItsName() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    const auto second = b.login(kOtherTerminal, 1s);
    const auto applied = b.declareAll(second.id, {httpTunnel(1, "shop"), httpTunnel(2, "blog")}, 1s);
    // The other tunnel does not wait for the answer.
    QCOMPARE(applied.declared.answers.size(), std::size_t{1});
    QCOMPARE(applied.declared.answers[0].id, std::uint64_t{2});
    QVERIFY((applied.contested == std::vector{Registry::SessionPlace{0, first.id}}));
    const auto settled = b.registry.settle(second.id, first.id, true, at(1s));
    QCOMPARE(settled.declared.answers.size(), std::size_t{1});
    QVERIFY(settled.withdrawals.empty());
    const wire::TunnelAnswer& answer = settled.declared.answers[0];
    QCOMPARE(answer.code, std::string("name-taken"));
    QVERIFY2(answer.message.starts_with("'shop' is in use by your terminal since "), answer.message.c_str());
    QVERIFY2(answer.message.ends_with("(pid 4711)"), answer.message.c_str());
    QVERIFY(answer.holder == (wire::NameHolder{"laptop", "terminal", 4711, 1'700'000'000, true}));
    QCOMPARE(b.route("shop"), b.to(first));
    QCOMPARE(b.route("blog"), b.to(second, 2));
  }

  void takingOverMovesTheName() {
    RegistryBench b;
    const auto first = b.login({.instance = "first", .worker = 3});
    b.declareAll(first.id, {httpTunnel(7, "shop"), httpTunnel(8, "blog")});
    const auto second = b.login(kOtherTerminal, 1s);
    const auto applied = b.declareAll(second.id, {takingOver("shop")}, 1s);
    QCOMPARE(b.verdict(applied), std::string("ok"));
    QCOMPARE(applied.withdrawals.size(), std::size_t{1});
    QVERIFY((applied.withdrawals[0].from == Registry::SessionPlace{3, first.id}));
    QVERIFY((applied.withdrawals[0].message ==
             wire::Withdrawn{{7}, "taken-over", "'shop' was taken over by your terminal (pid 4711)"}));
    QCOMPARE(b.route("shop", 1s), b.to(second));
    QCOMPARE(b.route("blog", 1s), b.to(first, 8));
    // What the first declares next does not take it back.
    QCOMPARE(b.declareAll(first.id, {httpTunnel(8, "blog")}, 2s).declared.answers.size(), std::size_t{1});
    QCOMPARE(b.route("shop", 2s), b.to(second));
  }

  void anotherDeviceOfThePrincipalIsNamed() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    const auto desk = b.login(kDesk);
    QCOMPARE(b.ask(desk.id, "shop"), std::string("contested"));
    const auto settled = b.registry.settle(desk.id, first.id, true, at(0s));
    const wire::TunnelAnswer& answer = settled.declared.answers.at(0);
    QCOMPARE(answer.code, std::string("name-taken"));
    QVERIFY2(answer.message.find("'laptop' (terminal, pid 4711)") != std::string::npos,
             answer.message.c_str());
    QVERIFY(!answer.holder->ownDevice);
    const auto moved = b.declareAll(desk.id, {takingOver("shop")}, 1s);
    QCOMPARE(b.verdict(moved), std::string("ok"));
    QCOMPARE(moved.withdrawals.at(0).message.message,
             std::string("'shop' was taken over by 'desk' (terminal, pid 4711)"));
    QCOMPARE(b.route("shop", 1s), b.to(desk));
  }

  void aSilentHolderLosesItsName() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    const auto desk = b.login(kDesk);
    QCOMPARE(b.ask(desk.id, "shop"), std::string("contested"));
    const auto settled = b.registry.settle(desk.id, first.id, false, at(1s));
    QCOMPARE(b.verdict(settled), std::string("ok"));
    QCOMPARE(settled.declared.answers[0].url, std::string("http://shop.t.example.com"));
    QCOMPARE(settled.withdrawals.size(), std::size_t{1});  // it hears of it where it comes back
    QCOMPARE(b.route("shop", 1s), b.to(desk));
  }

  void aHolderThatLeftMeanwhileIsNotWaitedFor() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    const auto desk = b.login(kDesk);
    b.ask(desk.id, "shop");
    b.leave(first.id, 1s);
    QCOMPARE(b.verdict(b.registry.settle(desk.id, first.id, false, at(1s))), std::string("ok"));
    QCOMPARE(b.route("shop", 1s), b.to(desk));
  }

  void whoeverHasItMeanwhileKeepsIt() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    const auto desk = b.login(kDesk);
    b.ask(desk.id, "shop");
    const auto second = b.login(kOtherTerminal, 1s);
    QCOMPARE(b.verdict(b.declareAll(second.id, {takingOver("shop")}, 1s)), std::string("ok"));
    // That the first one is silent says nothing about the second.
    QCOMPARE(b.verdict(b.registry.settle(desk.id, first.id, false, at(1s))), std::string("name-taken"));
    QCOMPARE(b.route("shop", 1s), b.to(second));
  }

  void aNewDeclarationForgetsWhatWasOpen() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    const auto desk = b.login(kDesk);
    b.ask(desk.id, "shop");
    QCOMPARE(b.ask(desk.id, "blog", 1s), std::string("ok"));
    QCOMPARE(b.verdict(b.registry.settle(desk.id, first.id, false, at(1s))), std::string("nothing"));
    QCOMPARE(b.route("shop", 1s), b.to(first));
  }

  void twoTunnelsCannotContestTheSameName() {
    RegistryBench b;
    b.ask(b.login(kTerminal).id, "shop");
    const auto desk = b.login(kDesk);
    const auto applied = b.declareAll(desk.id, {httpTunnel(1, "shop"), httpTunnel(2, "SHOP")});
    QCOMPARE(applied.declared.answers.size(), std::size_t{1});
    QCOMPARE(applied.declared.answers[0].id, std::uint64_t{2});
    QCOMPARE(applied.declared.answers[0].code, std::string("name-taken"));
    QCOMPARE(applied.contested.size(), std::size_t{1});
  }

  void aDrainingHolderIsNotAsked() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    b.registry.suspendSession(first.id, at(1s));
    const auto second = b.login(kOtherTerminal, 1s);
    const auto applied = b.declareAll(second.id, {httpTunnel(1, "shop")}, 1s);
    QCOMPARE(b.verdict(applied), std::string("ok"));
    QVERIFY(applied.withdrawals.empty());
    b.leave(first.id, 2s);
    QCOMPARE(b.route("shop", 2s), b.to(second));
  }

  void anotherPrincipalWaitsForAWeek() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    const auto joe = b.login(kStranger);
    QCOMPARE(b.ask(joe.id, "shop"), std::string("name-taken"));
    const auto forced = b.declareAll(joe.id, {takingOver("shop")});
    QCOMPARE(b.verdict(forced), std::string("name-taken"));
    QVERIFY(!forced.declared.answers[0].holder);  // who has it is not their business
    QCOMPARE(forced.declared.answers[0].message, std::string("the name 'shop' belongs to somebody else"));
    b.leave(first.id, 0s);
    QCOMPARE(b.ask(joe.id, "shop", 7 * 24h - 1s), std::string("name-taken"));
    QCOMPARE(b.route("shop", 301s), std::string("unknown"));
    QCOMPARE(b.ask(joe.id, "shop", 7 * 24h), std::string("ok"));
  }

  void aChosenNameWaitsForADay() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    const std::string name = b.declareAll(first.id, {httpTunnel(1, "")}).declared.answers[0].name;
    b.leave(first.id, 0s);
    const auto joe = b.login(kStranger);
    QCOMPARE(b.ask(joe.id, name, 24h - 1s), std::string("name-taken"));
    QCOMPARE(b.ask(joe.id, name, 24h), std::string("ok"));
  }

  void aReleasedNameIsAnybodys() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    const auto tool = b.login(kOtherTerminal);
    const auto joe = b.login(kStranger);
    const auto held = b.registry.release(tool.id, "shop", at(0s));
    QCOMPARE(held.code, std::string("name-taken"));
    QVERIFY2(held.message.find("your terminal") != std::string::npos, held.message.c_str());
    b.leave(first.id, 1s);
    QCOMPARE(b.registry.release(joe.id, "shop", at(1s)).code, std::string("not-found"));
    QCOMPARE(b.registry.release(tool.id, "none", at(1s)).code, std::string("not-found"));
    QCOMPARE(b.registry.release(tool.id, "-", at(1s)).code, std::string("name-invalid"));
    QVERIFY(b.registry.release(tool.id, "Shop", at(1s)).released);
    QCOMPARE(b.route("shop", 1s), std::string("unknown"));
    QCOMPARE(b.ask(joe.id, "shop", 1s), std::string("ok"));
  }

  void anotherTokenOfThePrincipalHasTheNames() {
    // Both tokens stand for Jane: nothing tells them apart here.
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    b.lose(first.id, 0s);
    QCOMPARE(b.ask(b.login(kDesk, 1h).id, "shop", 1h), std::string("ok"));
  }

  void namesOfARevokedPrincipalAreFreeSoon() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    b.registry.setTokens(tokensOf({"joe"}), at(1h));
    b.lose(first.id, 1h);  // its worker ended it
    const auto joe = b.login(kStranger, 1h);
    QCOMPARE(b.ask(joe.id, "shop", 1h + 299s), std::string("name-taken"));
    QCOMPARE(b.ask(joe.id, "shop", 1h + 300s), std::string("ok"));
  }

  void aNameAskedForAfterTheRevocationIsFreeSoonToo() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.registry.setTokens(tokensOf({"joe"}), at(0s));
    b.ask(first.id, "shop", 0s);
    b.lose(first.id, 0s);
    QCOMPARE(b.ask(b.login(kStranger).id, "shop", 300s), std::string("ok"));
  }

  void whileThereIsAnotherTokenNamesStay() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    b.ask(first.id, "shop");
    b.registry.setTokens(tokensOf({"joe", "jane"}), at(0s));
    b.lose(first.id, 0s);
    QCOMPARE(b.ask(b.login(kStranger).id, "shop", 301s), std::string("name-taken"));
  }

  void aPrincipalHoldsAsManyNamesAsItMay() {
    RegistryBench b;
    const Person few{.maxNames = 2};
    const auto first = b.login(few);
    const std::string chosen = b.declareAll(first.id, {httpTunnel(1, "")}).declared.answers[0].name;
    b.ask(first.id, "shop");  // the chosen one is reserved from now on
    b.ask(first.id, "blog");  // and gives way
    QCOMPARE(b.ask(first.id, "more"), std::string("limit-exceeded"));
    const auto joe = b.login(kStranger);
    QCOMPARE(b.ask(joe.id, chosen), std::string("ok"));
    QVERIFY(b.registry.release(first.id, "shop", at(0s)).released);
    QCOMPARE(b.ask(first.id, "more"), std::string("ok"));
  }

  void aChosenNameIsGivenAgain() {
    RegistryBench b;
    const auto first = b.login(kTerminal);
    const std::string name = b.declareAll(first.id, {httpTunnel(1, "")}).declared.answers[0].name;
    b.leave(first.id, 0s);
    const auto again = b.login(kOtherTerminal, 1h);
    const auto applied = b.declareAll(again.id, {chosenBefore(name)}, 1h);
    QCOMPARE(applied.declared.answers.at(0).name, name);
    // It is the server's choice still: kept for a day.
    b.leave(again.id, 2h);
    QCOMPARE(b.ask(b.login(kStranger, 2h).id, name, 26h), std::string("ok"));
  }

  void aChosenNameThatCannotBeHadIsReplaced() {
    RegistryBench b;
    const auto joe = b.login(kStranger);
    b.ask(joe.id, "calm-river-7");
    const auto jane = b.login(kTerminal);
    const auto answer = b.declareAll(jane.id, {chosenBefore("calm-river-7")}).declared.answers.at(0);
    QVERIFY(answer.accepted);
    QVERIFY(answer.name != "calm-river-7");
    // Another terminal has the same target and lives: this one gets a name of its own.
    const auto other = b.login(kOtherTerminal);
    QCOMPARE(b.verdict(b.declareAll(other.id, {chosenBefore(answer.name)})), std::string("contested"));
    const auto settled = b.registry.settle(other.id, jane.id, true, at(0s)).declared.answers.at(0);
    QVERIFY(settled.accepted);
    QVERIFY(settled.name != answer.name);
    QCOMPARE(b.route(answer.name), b.to(jane));
  }

  void aChosenNameNobodyKnowsIsChosenStill() {
    RegistryBench b;
    const auto jane = b.login(kTerminal);
    QCOMPARE(b.declareAll(jane.id, {chosenBefore("calm-river-7")}).declared.answers.at(0).name,
             std::string("calm-river-7"));
    b.leave(jane.id, 0s);
    QCOMPARE(b.ask(b.login(kStranger).id, "calm-river-7", 24h), std::string("ok"));
  }

  void reservationsOutliveTheServer() {
    RegistryBench before;
    before.registry.collectChanges();
    const auto jane = before.login(kTerminal);
    before.declareAll(jane.id, {httpTunnel(1, "shop"), httpTunnel(2, "blog")});
    before.declareAll(jane.id, {httpTunnel(1, "shop")}, 60s);
    const auto kept = before.registry.reservations();
    QCOMPARE(kept.size(), std::size_t{2});

    RegistryBench after;
    after.registry.restore(kept, at(60s));
    after.registry.setTokens(tokensOf({"jane", "joe"}), at(60s));
    QCOMPARE(after.route("shop", 60s), std::string("offline"));
    QCOMPARE(after.route("shop", 361s), std::string("unknown"));
    const auto joe = after.login(kStranger, 60s);
    QCOMPARE(after.ask(joe.id, "shop", 61s), std::string("name-taken"));
    QCOMPARE(after.ask(joe.id, "blog", 7 * 24h + 59s), std::string("name-taken"));
    QCOMPARE(after.ask(joe.id, "blog", 7 * 24h + 60s), std::string("ok"));
    QCOMPARE(after.ask(after.login(kTerminal, 61s).id, "shop", 61s), std::string("ok"));
  }

  void changesAreToldOnce() {
    RegistryBench b;
    b.registry.collectChanges();
    const auto jane = b.login(kTerminal);
    b.ask(jane.id, "shop");
    const auto changes = b.registry.takeChanges();
    QCOMPARE(changes.size(), std::size_t{1});
    QVERIFY((changes[0] == routing::ReservationChange{{"shop", "jane", false, true}, false}));
    b.ask(jane.id, "shop");
    b.login(kTerminal);  // another connection, the same facts
    QVERIFY(b.registry.takeChanges().empty());
    QVERIFY(b.registry.reservations() == (std::vector<routing::Reservation>{{"shop", "jane", false, true}}));
  }
};

QTEST_APPLESS_MAIN(RegistryNamesTest)
#include "registry_names_test.moc"
