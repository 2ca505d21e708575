// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "core/relay/credit_ledger.h"
#include "tests/core/support/fake_stream.h"

using namespace adit;
using namespace adit::relay;
using namespace adit::test;

class CreditLedgerTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void creditsWhatLeft() {
    CreditLedger ledger;
    FakeStream stream;
    ledger.queued(100);
    ledger.sent(&stream, 100);
    QCOMPARE(stream.consumed, std::size_t{0});
    ledger.sent(&stream, 40);
    QCOMPARE(stream.consumed, std::size_t{60});
    ledger.sent(&stream, 40);  // nothing moved
    QCOMPARE(stream.consumed, std::size_t{60});
    ledger.sent(&stream, 0);
    QCOMPARE(stream.consumed, std::size_t{100});
  }

  void foreignBytesInTheQueueCountAsTheStreams() {
    CreditLedger ledger;
    FakeStream stream;
    ledger.queued(100);
    ledger.sent(&stream, 150);  // 50 of a head are before them
    QCOMPARE(stream.consumed, std::size_t{0});
    ledger.sent(&stream, 99);
    QCOMPARE(stream.consumed, std::size_t{1});
  }

  void neverCreditsMoreThanCame() {
    CreditLedger ledger;
    FakeStream stream;
    std::size_t queued = 0, onSocket = 0;
    for (std::size_t step = 1; step < 200; ++step) {
      ledger.queued(step);
      queued += step;
      onSocket += step + 7;
      onSocket -= std::min(onSocket, step % 3 == 0 ? onSocket : step / 2);
      ledger.sent(&stream, onSocket);
      QVERIFY(stream.consumed <= queued);
      QVERIFY(queued - stream.consumed <= onSocket);  // and holds no more back than the socket holds
    }
    ledger.settle(&stream);
    QCOMPARE(stream.consumed, queued);
  }

  void settlesOnceAndStartsAnew() {
    CreditLedger ledger;
    FakeStream first, second;
    ledger.queued(10);
    ledger.settle(&first);
    ledger.settle(&first);
    QCOMPARE(first.consumed, std::size_t{10});
    ledger.queued(5);
    ledger.settle(&second);
    QCOMPARE(second.consumed, std::size_t{5});
  }

  void aStreamThatIsGoneNeedsNoCredit() {
    CreditLedger ledger;
    FakeStream next;
    ledger.queued(10);
    ledger.settle(nullptr);
    ledger.sent(&next, 0);
    QCOMPARE(next.consumed, std::size_t{0});
  }
};

QTEST_APPLESS_MAIN(CreditLedgerTest)
#include "credit_ledger_test.moc"
