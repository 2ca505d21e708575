// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <string>

#include "core/relay/piece_joiner.h"

using namespace adit;
using namespace adit::relay;

class PieceJoinerTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void keepsSmallPiecesInOrder() {
    PieceJoiner joiner;
    QVERIFY(joiner.take().empty());
    QVERIFY(joiner.keep(asBytes("ab")));
    QVERIFY(joiner.keep(asBytes("")));
    QVERIFY(joiner.keep(asBytes("c")));
    QCOMPARE(std::string(asText(joiner.take())), std::string("abc"));
    QVERIFY(joiner.take().empty());
  }

  void leavesLargePiecesAlone() {
    PieceJoiner joiner;
    QVERIFY(joiner.keep(asBytes(std::string(PieceJoiner::kSmall, 'x'))));
    QVERIFY(!joiner.keep(asBytes(std::string(PieceJoiner::kSmall + 1, 'y'))));
    QCOMPARE(joiner.take().size(), PieceJoiner::kSmall);
  }

  void isBounded() {
    PieceJoiner joiner;
    std::size_t kept = 0;
    while (joiner.keep(asBytes("xyz"))) kept += 3;
    QCOMPARE(kept, PieceJoiner::kRoom / 3 * 3);
    QCOMPARE(joiner.take().size(), kept);
    QVERIFY(joiner.keep(asBytes("xyz")));
  }
};

QTEST_APPLESS_MAIN(PieceJoinerTest)
#include "piece_joiner_test.moc"
