// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/file_lock.h"

using namespace adit;
using namespace std::chrono_literals;

class FileLockTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void oneHoldsIt() {
    QTemporaryDir directory;
    const std::filesystem::path path = directory.filePath("lock").toStdString();
    auto first = FileLock::tryAcquire(path);
    QVERIFY(first);
    QVERIFY(FileLock::tryAcquire(path).error().code == ErrorCode::Overloaded);
    first->reset();
    QVERIFY(FileLock::tryAcquire(path));
  }

  void patienceEnds() {
    QTemporaryDir directory;
    const std::filesystem::path path = directory.filePath("lock").toStdString();
    auto first = FileLock::tryAcquire(path);
    const auto second = FileLock::acquire(path, 20ms);
    QVERIFY(second.error().code == ErrorCode::Overloaded);
    QVERIFY(second.error().detail.find("lock") != std::string::npos);
  }

  void patienceIsRewarded() {
    QTemporaryDir directory;
    const std::filesystem::path path = directory.filePath("lock").toStdString();
    auto first = FileLock::tryAcquire(path);
    std::thread waiter([&] { QVERIFY(FileLock::acquire(path, 60s)); });
    first->reset();
    waiter.join();
  }

  void aDirectoryThatIsNotThereIsNamed() {
    const auto lock = FileLock::acquire("/nowhere/at/all/lock", 10s);
    QVERIFY(lock.error().code == ErrorCode::NotFound);
    QVERIFY(lock.error().detail.find("/nowhere/at/all/lock") != std::string::npos);
  }
};

QTEST_APPLESS_MAIN(FileLockTest)
#include "file_lock_test.moc"
