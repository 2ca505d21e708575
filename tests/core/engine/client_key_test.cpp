// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include <QTemporaryDir>
#include <QTest>

#include "core/engine/client_key.h"

using namespace adit;
using namespace adit::engine;
namespace fs = std::filesystem;

class ClientKeyTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theSameProgramKeepsItsKey() {
    const QTemporaryDir directory;
    const fs::path state = fs::path(directory.path().toStdString()) / "state";
    tls::Pin first;
    {
      const auto key = takeClientKey(state);
      QVERIFY(key.has_value());
      first = key->identity->pin();
    }
    const auto again = takeClientKey(state);
    QVERIFY(again.has_value());
    QVERIFY(again->identity->pin() == first);
  }

  void twoAtOnceHaveTwoKeys() {
    const QTemporaryDir directory;
    const fs::path state = directory.path().toStdString();
    auto first = takeClientKey(state);
    const auto second = takeClientKey(state);
    QVERIFY(first && second);
    QVERIFY(!(first->identity->pin() == second->identity->pin()));
    const tls::Pin pin = first->identity->pin();
    // The first one's key is free as soon as it has gone, whoever else runs.
    first = fail(ErrorCode::Closed, "");
    const auto third = takeClientKey(state);
    QVERIFY(third.has_value());
    QVERIFY(third->identity->pin() == pin);
  }

  void secretsAreForThisUserOnly() {
    const QTemporaryDir directory;
    const fs::path state = fs::path(directory.path().toStdString()) / "state";
    QVERIFY(takeClientKey(state).has_value());
    const auto others = fs::perms::group_all | fs::perms::others_all;
    QVERIFY((fs::status(state).permissions() & others) == fs::perms::none);
    for (const auto& entry : fs::directory_iterator(state)) {
      if (entry.path().extension() == ".crt") continue;
      QVERIFY2((entry.status().permissions() & others) == fs::perms::none, entry.path().c_str());
    }
  }

  void refusesAKeyThatOthersCanRead() {
    const QTemporaryDir directory;
    const fs::path state = directory.path().toStdString();
    QVERIFY(takeClientKey(state).has_value());
    fs::permissions(state / "client.key", fs::perms::owner_all | fs::perms::others_read);
    const auto key = takeClientKey(state);
    QVERIFY(!key.has_value());
    QVERIFY(key.error().code == ErrorCode::InsecurePermissions);
  }

  void saysThatAKeyIsDamaged() {
    const QTemporaryDir directory;
    const fs::path state = directory.path().toStdString();
    QVERIFY(takeClientKey(state).has_value());
    std::ofstream(state / "client.key", std::ios::trunc) << "not a key";
    const auto key = takeClientKey(state);
    QVERIFY(!key.has_value());
    QVERIFY(key.error().detail.find("client.key") != std::string::npos);
  }

  void aFileInTheWayIsAnError() {
    const QTemporaryDir directory;
    const fs::path file = fs::path(directory.path().toStdString()) / "file";
    std::ofstream(file) << "x";
    QVERIFY(!takeClientKey(file).has_value());
  }
};

QTEST_APPLESS_MAIN(ClientKeyTest)
#include "client_key_test.moc"
