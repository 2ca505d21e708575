// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

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
      const auto key = loadDeviceKey(state);
      QVERIFY(key.has_value());
      first = (*key)->pin();
    }
    const auto again = loadDeviceKey(state);
    QVERIFY(again.has_value());
    QVERIFY((*again)->pin() == first);
  }

  void processesThatStartAtOnceShareTheKey() {
    const QTemporaryDir directory;
    const fs::path state = directory.path().toStdString();
    std::array<std::optional<tls::Pin>, 8> pins;
    std::vector<std::thread> starts;
    for (auto& pin : pins) {
      starts.emplace_back([&pin, &state] {
        if (const auto key = loadDeviceKey(state)) pin = (*key)->pin();
      });
    }
    for (auto& start : starts) start.join();
    for (const auto& pin : pins) {
      QVERIFY(pin.has_value());
      QVERIFY(*pin == *pins[0]);
    }
  }

  void secretsAreForThisUserOnly() {
    const QTemporaryDir directory;
    const fs::path state = fs::path(directory.path().toStdString()) / "state";
    QVERIFY(loadDeviceKey(state).has_value());
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
    QVERIFY(loadDeviceKey(state).has_value());
    fs::permissions(state / "client.key", fs::perms::owner_all | fs::perms::others_read);
    const auto key = loadDeviceKey(state);
    QVERIFY(!key.has_value());
    QVERIFY(key.error().code == ErrorCode::InsecurePermissions);
  }

  void saysThatAKeyIsDamaged() {
    const QTemporaryDir directory;
    const fs::path state = directory.path().toStdString();
    QVERIFY(loadDeviceKey(state).has_value());
    std::ofstream(state / "client.key", std::ios::trunc) << "not a key";
    const auto key = loadDeviceKey(state);
    QVERIFY(!key.has_value());
    QVERIFY(key.error().detail.find("client.key") != std::string::npos);
  }

  void aFileInTheWayIsAnError() {
    const QTemporaryDir directory;
    const fs::path file = fs::path(directory.path().toStdString()) / "file";
    std::ofstream(file) << "x";
    QVERIFY(!loadDeviceKey(file).has_value());
  }
};

QTEST_APPLESS_MAIN(ClientKeyTest)
#include "client_key_test.moc"
