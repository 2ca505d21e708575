// SPDX-License-Identifier: Apache-2.0
// Requests through a tunnel under seeded delays, stalls, small windows, slow readers, resets, aborts, origins
// that refuse or break off, and links that are cut: server::Exchange and client::InboundRequest, judged by
// PROTOCOL.md. ADIT_SIM_SEEDS says how many seeds; ADIT_SIM_SEED runs a single one again.
#include <cstdlib>

#include <QtTest>

#include "tests/core/net/net_test_support.h"
#include "tests/sim/exchange_world.h"

using namespace adit;
using namespace adit::sim;

class SimExchangeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void manySeeds();
  void theOracleBlames_data();
  void theOracleBlames();
};

void SimExchangeTest::manySeeds() {
  const std::unique_ptr<net::EventLoop> loop = net::test::makeLoop();
  const char* one = std::getenv("ADIT_SIM_SEED");
  const char* many = std::getenv("ADIT_SIM_SEEDS");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t count = one != nullptr ? 1 : many != nullptr ? std::strtoull(many, nullptr, 10) : 2000;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const std::string wrong = ExchangeWorld(*loop, seed).run();
    QVERIFY2(wrong.empty(), qPrintable(QString("ADIT_SIM_SEED=%1: %2").arg(seed).arg(wrong.c_str())));
  }
}

void SimExchangeTest::theOracleBlames_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<bool>("fin");
  QTest::addColumn<bool>("broken");
  const QByteArray head("\x02\x03\x07\x00\x00", 5);
  const QByteArray get("\x01\x05\x00\x01\x01/\x00", 7), post("\x01\x06\x01\x02\x03\x01/\x00", 8),
      chunks("\x01\x05\x02\x03\x01/\x00", 7);
  QTest::newRow("a request") << head + get << true << false;
  QTest::newRow("content") << head + post + QByteArray("\x00\x02xy", 4) << true << false;
  QTest::newRow("another kind") << QByteArray("\x03\x03\x07\x00\x00", 5) << false << true;
  QTest::newRow("no head") << head << true << true;
  QTest::newRow("half a frame") << head + get.left(4) << true << true;
  QTest::newRow("two heads") << head + get + get << false << true;
  QTest::newRow("an answer's head") << head + QByteArray("\x02\x03\x00\x40\xc8", 5) << false << true;
  QTest::newRow("too little content") << head + post + QByteArray("\x00\x01x", 3) << true << true;
  QTest::newRow("too much content") << head + post + QByteArray("\x00\x03xyz", 5) << false << true;
  QTest::newRow("content with None") << head + get + QByteArray("\x00\x01x", 3) << false << true;
  QTest::newRow("trailers") << head + chunks + QByteArray("\x04\x00", 2) << true << false;
  QTest::newRow("trailers with Length") << head + post + QByteArray("\x00\x02xy\x04\x00", 6) << false << true;
  QTest::newRow("content behind trailers")
      << head + chunks + QByteArray("\x04\x00\x00\x01x", 5) << false << true;
}

void SimExchangeTest::theOracleBlames() {
  QFETCH(QByteArray, bytes);
  QFETCH(bool, fin);
  QFETCH(bool, broken);
  StreamOracle oracle(StreamOracle::Side::Server);
  oracle.onSent(asBytes(bytes.toStdString()), fin);
  QVERIFY2(oracle.verdict().empty() != broken, oracle.verdict().c_str());
  oracle.onSentReset(0x22);  // OriginBroken is no server's to say
  QVERIFY(!oracle.verdict().empty());
}

QTEST_GUILESS_MAIN(SimExchangeTest)
#include "sim_exchange_test.moc"
