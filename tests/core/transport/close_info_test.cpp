// SPDX-License-Identifier: Apache-2.0
// Every end of a connection becomes a typed error with a sentence.
#include <QtTest>

#include "core/transport/link.h"

using namespace adit;
using namespace adit::transport;

class CloseInfoTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyCauseHasASentence();
  void aMoreExactErrorWins();
};

void CloseInfoTest::everyCauseHasASentence() {
  CloseInfo info;
  for (int cause = 0; cause <= static_cast<int>(CloseCause::VersionNegotiation); ++cause) {
    info.cause = static_cast<CloseCause>(cause);
    QVERIFY(!info.toError().detail.empty());
    QVERIFY(info.toError().code != ErrorCode::Internal);
  }
}

void CloseInfoTest::aMoreExactErrorWins() {
  CloseInfo info;
  info.cause = CloseCause::LocalTransport;
  info.error = Error{ErrorCode::PinMismatch, "exact"};
  QVERIFY(info.toError().code == ErrorCode::PinMismatch);
  QCOMPARE(info.toError().detail, std::string("exact"));
}

QTEST_GUILESS_MAIN(CloseInfoTest)
#include "close_info_test.moc"
