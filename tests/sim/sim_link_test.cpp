// SPDX-License-Identifier: Apache-2.0
// Clients' and servers' ends of control connections under seeded delays, stalls, cut paths, drains, crashes,
// revocations, contested names and peers that break the protocol, judged by PROTOCOL.md. ADIT_SIM_SEEDS says
// how many seeds; ADIT_SIM_SEED runs a single one again and tells what happens.
#include <cstdlib>

#include <QtTest>

#include "core/base/log.h"
#include "core/wire/control_messages.h"
#include "tests/sim/link_world.h"

using namespace adit;
using namespace adit::sim;

class SimLinkTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void manySeeds();
  void theOracleBlames_data();
  void theOracleBlames();
  void theOracleBlamesWhoGoesOn();
};

void SimLinkTest::manySeeds() {
  const char* one = std::getenv("ADIT_SIM_SEED");
  const char* many = std::getenv("ADIT_SIM_SEEDS");
  if (one == nullptr) setLogLevel(LogLevel::Error);
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t count = one != nullptr ? 1 : many != nullptr ? std::strtoull(many, nullptr, 10) : 3000;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    LinkWorld world(seed);
    world.isTold = one != nullptr;
    const std::string wrong = world.run();
    QVERIFY2(wrong.empty(), qPrintable(QString("ADIT_SIM_SEED=%1: %2").arg(seed).arg(wrong.c_str())));
  }
}

void SimLinkTest::theOracleBlames_data() {
  QTest::addColumn<bool>("byClient");
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<bool>("fin");
  QTest::addColumn<bool>("broken");
  const auto bytes = [](const wire::ControlMessage& message) {
    return QByteArray::fromStdString(wire::encode(message));
  };
  wire::Login login;
  login.token = "t";
  const QByteArray head("\x01\x00", 2), hello = head + bytes(login);
  QTest::newRow("Login") << true << hello << false << false;
  QTest::newRow("no head") << true << bytes(login) << false << true;
  QTest::newRow("Login twice") << true << hello + bytes(login) << false << true;
  QTest::newRow("Declare before the answer") << true << hello + bytes(wire::Declare{1, {}}) << false << true;
  QTest::newRow("FIN without Drain") << true << hello << true << true;
  QTest::newRow("no CBOR") << true << head + QByteArray("\x01\x01\xff", 3) << false << true;
  QTest::newRow("an answer to no Login") << false << bytes(wire::LoginAccepted{}) << false << true;
  QTest::newRow("Ping before the answer") << false << bytes(wire::Ping{1}) << false << true;
  QTest::newRow("the server's FIN") << false << QByteArray() << true << true;
}

void SimLinkTest::theOracleBlames() {
  QFETCH(bool, byClient);
  QFETCH(QByteArray, bytes);
  QFETCH(bool, fin);
  QFETCH(bool, broken);
  SimSchedule schedule(1);
  LinkOracle oracle(schedule);
  StreamTap& tap = oracle.tap(byClient ? LinkOracle::Side::Client : LinkOracle::Side::Server);
  tap.onQueued(asBytes(bytes.toStdString()), false);
  if (fin) tap.onQueued({}, true);
  QVERIFY2(oracle.verdict().empty() != broken, oracle.verdict().c_str());
  oracle.onClose(LinkOracle::Side::Client, 7);  // TakenOver is no client's to say
  QVERIFY(!oracle.verdict().empty());
}

void SimLinkTest::theOracleBlamesWhoGoesOn() {
  SimSchedule schedule(1);
  LinkOracle oracle(schedule);
  oracle.tap(LinkOracle::Side::Client).onReceivedAbort();
  QVERIFY(schedule.runOut(std::chrono::seconds(1)));
  QVERIFY2(oracle.verdict().starts_with("client: section 2.8"), oracle.verdict().c_str());
}

QTEST_GUILESS_MAIN(SimLinkTest)
#include "sim_link_test.moc"
