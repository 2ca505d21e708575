// SPDX-License-Identifier: Apache-2.0
// The states of an HTTP/1.1 visitor: the table of transitions, and a visitor that takes each legal one.
#include <QTest>

#include <functional>
#include <vector>

#include "tests/core/support/visitor_world.h"

using namespace adit;
using namespace adit::test;
using server::VisitorState;

namespace {

constexpr VisitorState kStates[] = {
    VisitorState::Preface,      VisitorState::Head,      VisitorState::Moving,   VisitorState::Receiving,
    VisitorState::Blocked,      VisitorState::Offered,   VisitorState::Awaiting, VisitorState::EarlyAnswer,
    VisitorState::EarlyBlocked, VisitorState::Answering, VisitorState::Upgraded, VisitorState::HalfUpgraded,
    VisitorState::Lingering,    VisitorState::Closed,
};

struct Allowed {
  VisitorState from;
  std::vector<VisitorState> to;
};
const std::vector<Allowed> kTable = {
    {VisitorState::Preface, {VisitorState::Head, VisitorState::Lingering, VisitorState::Closed}},
    {VisitorState::Head,
     {VisitorState::Moving, VisitorState::Receiving, VisitorState::Offered, VisitorState::Awaiting,
      VisitorState::Lingering, VisitorState::Closed}},
    {VisitorState::Moving, {VisitorState::Head, VisitorState::Closed}},
    {VisitorState::Receiving,
     {VisitorState::Blocked, VisitorState::Awaiting, VisitorState::EarlyAnswer, VisitorState::Lingering,
      VisitorState::Closed}},
    {VisitorState::Blocked,
     {VisitorState::Receiving, VisitorState::Awaiting, VisitorState::EarlyBlocked, VisitorState::Lingering,
      VisitorState::Closed}},
    {VisitorState::Offered,
     {VisitorState::Answering, VisitorState::Upgraded, VisitorState::Lingering, VisitorState::Closed}},
    {VisitorState::Awaiting,
     {VisitorState::Head, VisitorState::Answering, VisitorState::Lingering, VisitorState::Closed}},
    {VisitorState::EarlyAnswer,
     {VisitorState::EarlyBlocked, VisitorState::Answering, VisitorState::Lingering, VisitorState::Closed}},
    {VisitorState::EarlyBlocked,
     {VisitorState::EarlyAnswer, VisitorState::Answering, VisitorState::Lingering, VisitorState::Closed}},
    {VisitorState::Answering, {VisitorState::Head, VisitorState::Lingering, VisitorState::Closed}},
    {VisitorState::Upgraded, {VisitorState::HalfUpgraded, VisitorState::Lingering, VisitorState::Closed}},
    {VisitorState::HalfUpgraded, {VisitorState::Lingering, VisitorState::Closed}},
    {VisitorState::Lingering, {VisitorState::Closed}},
    {VisitorState::Closed, {}},
};

/// A visitor and the steps that a test has it take.
struct Walk {
  void say(std::string_view bytes) { wire->deliver(*world.loop, bytes); }
  void ask(std::string_view host = "shop.localhost", std::string_view more = "",
           std::string_view method = "GET") {
    say(std::string(method) + " / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n" + std::string(more) +
        "\r\n");
  }
  void post() { ask("shop.localhost", "Content-Length: 10\r\n", "POST"); }
  void upgrade() {
    ask("shop.localhost",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  }
  void agree() { answer(responseHead(101, noBody())); }
  void answer(const std::string& frames, bool fin = false) { world.stream().deliver(frames, fin); }
  void beginAnswer() { answer(responseHead(200, lengthOf(4)) + dataFrame("ab")); }
  void endAnswer() { answer(dataFrame("cd"), true); }
  void block() {
    world.stream().unsent = transport::kSendHighWater;
    say("1");
    world.stream().unsent = 0;
  }
  void unblock() { world.stream().deliverWritable(); }
  void fail() { world.stream().deliverReset(wire::AppError::OriginRefused); }
  [[nodiscard]] VisitorState state() const {
    const auto* visitor = static_cast<const server::VisitorConnection*>(world.visitors.back().get());
    return visitor == nullptr ? VisitorState::Closed : visitor->state();
  }
  VisitorWorld world;
  std::shared_ptr<FakeWire> wire = world.visit();
};

using Step = std::function<void(Walk&)>;
struct Path {
  const char* name;
  std::vector<std::pair<Step, VisitorState>> steps;
};

const Step kGet = [](Walk& w) { w.ask(); };
const Step kPost = [](Walk& w) { w.post(); };
const Step kUpgrade = [](Walk& w) { w.upgrade(); };
const Step kAgree = [](Walk& w) { w.agree(); };
const Step kBlock = [](Walk& w) { w.block(); };
const Step kUnblock = [](Walk& w) { w.unblock(); };
const Step kBeginAnswer = [](Walk& w) { w.beginAnswer(); };
const Step kEndAnswer = [](Walk& w) { w.endAnswer(); };
const Step kFail = [](Walk& w) { w.fail(); };
const Step kFinish = [](Walk& w) { w.wire->finish(); };
const Step kBreak = [](Walk& w) { w.wire->breakOff(); };
const Step kMalformed = [](Walk& w) { w.say("no request\r\n\r\n"); };
const Step kRead = [](Walk& w) { w.wire->take(); };
const Step kRest = [](Walk& w) { w.say("234567890"); };
const Step kAllContent = [](Walk& w) { w.say("1234567890"); };

// Every pair of neighbours in kTable is in one of these.
const std::vector<Path> kPaths = {
    {"one request after the other",
     {{kGet, VisitorState::Awaiting},
      {kBeginAnswer, VisitorState::Answering},
      {kEndAnswer, VisitorState::Head},
      {kPost, VisitorState::Receiving},
      {kAllContent, VisitorState::Awaiting},
      {kFail, VisitorState::Head},
      {kUpgrade, VisitorState::Offered},
      {[](Walk& w) { w.answer(responseHead(403, lengthOf(4))); }, VisitorState::Answering},
      {[](Walk& w) { w.answer(dataFrame("nope"), true); }, VisitorState::Head},
      {kMalformed, VisitorState::Lingering},
      {kBreak, VisitorState::Closed}}},
    {"first bytes that are no request",
     {{kMalformed, VisitorState::Lingering}, {kRead, VisitorState::Lingering}}},
    {"gone before it said a word", {{kFinish, VisitorState::Closed}}},
    {"HTTP/2's preface, cut short",
     {{[](Walk& w) { w.say("PRI * HTTP/2.0"); }, VisitorState::Preface},
      {[](Walk& w) { w.world.draining = true, w.wire->finish(); }, VisitorState::Closed}}},
    {"gone between requests",
     {{kGet, VisitorState::Awaiting},
      {kFail, VisitorState::Head},
      {kRead, VisitorState::Head},
      {kFinish, VisitorState::Closed}}},
    {"moves when its last answer has left",
     {{kGet, VisitorState::Awaiting},
      {kFail, VisitorState::Head},
      {[](Walk& w) { w.ask("far.localhost"); }, VisitorState::Moving},
      {kRead, VisitorState::Closed}}},
    {"goes on where the tunnel has come here meanwhile",
     {{kGet, VisitorState::Awaiting},
      {kFail, VisitorState::Head},
      {[](Walk& w) { w.ask("far.localhost"); }, VisitorState::Moving},
      {[](Walk& w) {
         w.world.routes["far.localhost"] = w.world.routes["shop.localhost"];
         w.wire->take();
       },
       VisitorState::Awaiting}}},
    {"breaks while it waits to move",
     {{kGet, VisitorState::Awaiting},
      {kFail, VisitorState::Head},
      {[](Walk& w) { w.ask("far.localhost"); }, VisitorState::Moving},
      {kBreak, VisitorState::Closed}}},
    {"a client that takes content slowly",
     {{kPost, VisitorState::Receiving},
      {kBlock, VisitorState::Blocked},
      {kUnblock, VisitorState::Receiving},
      {kRest, VisitorState::Awaiting},
      {kBreak, VisitorState::Closed}}},
    {"content that ends while the client takes none",
     {{kPost, VisitorState::Receiving},
      {kBlock, VisitorState::Blocked},
      {kRest, VisitorState::Awaiting},
      {kFinish, VisitorState::Awaiting},
      {kFail, VisitorState::Lingering}}},
    {"an answer before the content, blocked and not",
     {{kPost, VisitorState::Receiving},
      {kBeginAnswer, VisitorState::EarlyAnswer},
      {kBlock, VisitorState::EarlyBlocked},
      {kUnblock, VisitorState::EarlyAnswer},
      {kRest, VisitorState::Answering},
      {kFinish, VisitorState::Answering},
      {kEndAnswer, VisitorState::Lingering}}},
    {"an answer while the client takes no content",
     {{kPost, VisitorState::Receiving},
      {kBlock, VisitorState::Blocked},
      {kBeginAnswer, VisitorState::EarlyBlocked},
      {kRest, VisitorState::Answering},
      {kBreak, VisitorState::Closed}}},
    {"an answer that ends before the content",
     {{kPost, VisitorState::Receiving},
      {kBeginAnswer, VisitorState::EarlyAnswer},
      {kEndAnswer, VisitorState::Lingering}}},
    {"an answer that ends while the client takes no content",
     {{kPost, VisitorState::Receiving},
      {kBlock, VisitorState::Blocked},
      {kBeginAnswer, VisitorState::EarlyBlocked},
      {kEndAnswer, VisitorState::Lingering}}},
    {"a page before the content", {{kPost, VisitorState::Receiving}, {kFail, VisitorState::Lingering}}},
    {"a page while the client takes no content",
     {{kPost, VisitorState::Receiving}, {kBlock, VisitorState::Blocked}, {kFail, VisitorState::Lingering}}},
    {"gone inside its content", {{kPost, VisitorState::Receiving}, {kBreak, VisitorState::Closed}}},
    {"gone while the client takes no content",
     {{kPost, VisitorState::Receiving}, {kBlock, VisitorState::Blocked}, {kBreak, VisitorState::Closed}}},
    {"gone inside its content and its answer",
     {{kPost, VisitorState::Receiving},
      {kBeginAnswer, VisitorState::EarlyAnswer},
      {kBreak, VisitorState::Closed}}},
    {"gone while its answer has begun and its content waits",
     {{kPost, VisitorState::Receiving},
      {kBlock, VisitorState::Blocked},
      {kBeginAnswer, VisitorState::EarlyBlocked},
      {kBreak, VisitorState::Closed}}},
    {"an upgrade that the tunnel ends first",
     {{kUpgrade, VisitorState::Offered},
      {kAgree, VisitorState::Upgraded},
      {[](Walk& w) { w.answer("", true); }, VisitorState::HalfUpgraded},
      {kFinish, VisitorState::Lingering}}},
    {"an upgrade that the visitor ends first",
     {{kUpgrade, VisitorState::Offered},
      {kAgree, VisitorState::Upgraded},
      {kFinish, VisitorState::Upgraded},
      {[](Walk& w) { w.answer("", true); }, VisitorState::Lingering}}},
    {"an upgraded connection that breaks",
     {{kUpgrade, VisitorState::Offered}, {kAgree, VisitorState::Upgraded}, {kBreak, VisitorState::Closed}}},
    {"an upgraded connection that breaks behind the tunnel's end",
     {{kUpgrade, VisitorState::Offered},
      {kAgree, VisitorState::Upgraded},
      {[](Walk& w) { w.answer("", true); }, VisitorState::HalfUpgraded},
      {kBreak, VisitorState::Closed}}},
    {"an upgrade that fails", {{kUpgrade, VisitorState::Offered}, {kFail, VisitorState::Lingering}}},
    {"gone before it was upgraded", {{kUpgrade, VisitorState::Offered}, {kBreak, VisitorState::Closed}}},
};

}  // namespace

class VisitorStateTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theTableAllowsTheseAndNoOthers() {
    QCOMPARE(kTable.size(), server::kVisitorStates);
    for (const Allowed& row : kTable) {
      for (const VisitorState to : kStates) {
        const bool wanted = std::find(row.to.begin(), row.to.end(), to) != row.to.end();
        const std::string name = std::string(toString(row.from)).append(" to ").append(server::toString(to));
        QVERIFY2(server::isAllowed(row.from, to) == wanted, name.c_str());
      }
    }
  }

  void aVisitorTakesThem_data() {
    QTest::addColumn<std::size_t>("index");
    for (std::size_t i = 0; i < kPaths.size(); ++i) QTest::newRow(kPaths[i].name) << i;
  }
  void aVisitorTakesThem() {
    QFETCH(std::size_t, index);
    Walk walk;
    QVERIFY(walk.state() == VisitorState::Preface);
    for (const auto& [step, state] : kPaths[index].steps) {
      step(walk);
      QVERIFY2(walk.state() == state, std::string(toString(walk.state())).c_str());
    }
    QCOMPARE(walk.wire->closed, walk.state() == VisitorState::Closed && walk.world.moved.empty());
  }

  void everyStateHasAName() {
    for (const VisitorState state : kStates) QVERIFY(!server::toString(state).empty());
  }
};

QTEST_GUILESS_MAIN(VisitorStateTest)
#include "visitor_state_test.moc"
