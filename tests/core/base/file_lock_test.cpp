// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <thread>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/file_lock.h"
#include "core/base/file_lock_holder.h"
#include "core/base/process.h"

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

  void theHolderIsNamed() {
    QTemporaryDir directory;
    const std::filesystem::path path = directory.filePath("lock").toStdString();
    { std::ofstream(path) << "an older and much longer line than a holder writes (pid 1)\n"; }
    const auto first = FileLock::tryAcquire(path);
    QVERIFY(first);
    const auto second = FileLock::tryAcquire(path);
    QVERIFY(!second);
    const std::string holder = "(pid " + std::to_string(QCoreApplication::applicationPid()) + ")";
    QVERIFY2(second.error().detail.ends_with(holder), second.error().detail.c_str());
  }

  void whatIsNoHoldersLineIsNotShown() {
    QTemporaryDir directory;
    const std::filesystem::path path = directory.filePath("lock").toStdString();
    const auto first = FileLock::tryAcquire(path);
    QVERIFY(first);
    { std::ofstream(path, std::ios::trunc) << "\x1b[2J (pid 1)\n"; }
    const auto second = FileLock::tryAcquire(path);
    QVERIFY(!second);
    QVERIFY2(second.error().detail.ends_with("another process"), second.error().detail.c_str());
  }

  void aHoldersLineNamesTheProgram() {
    const std::string line = holderLine();
    const std::string program(programName().substr(0, 32));
    QVERIFY(!program.empty());
    QCOMPARE(line, program + " (pid " + std::to_string(processId()) + ")\n");
    QVERIFY(line.size() <= kMaxHolderLine);
    QCOMPARE(lockHeld("/x/lock", line + "more", 11).detail,
             "'/x/lock' is in use by " + line.substr(0, line.size() - 1));
    for (const std::string_view odd : {"", "\n", "caf\xc3\xa9 (pid 1)\n", "a\tb\n"})
      QCOMPARE(lockHeld("/x/lock", odd, 11).detail, std::string("'/x/lock' is in use by another process"));
  }

  /// A lock file is made where the path leads, so a link would let its owner choose what is created.
  void linksAreNotFollowed() {
#ifdef Q_OS_WIN
    QSKIP("links need a privilege on Windows");
#else
    QTemporaryDir directory;
    const std::filesystem::path path = directory.filePath("lock").toStdString();
    const std::filesystem::path elsewhere = directory.filePath("elsewhere").toStdString();
    std::filesystem::create_symlink(elsewhere, path);
    const auto lock = FileLock::tryAcquire(path);
    QVERIFY(!lock);
    QVERIFY(lock.error().code == ErrorCode::InvalidArgument);
    QVERIFY(!std::filesystem::exists(elsewhere));
#endif
  }

  void aDirectoryCanBeLocked() {
    QTemporaryDir directory;
    const std::filesystem::path path = directory.path().toStdString();
    auto first = FileLock::tryAcquireDirectory(path);
    QVERIFY(first);
    QVERIFY(FileLock::tryAcquireDirectory(path).error().code == ErrorCode::Overloaded);
    first->reset();
    QVERIFY(FileLock::tryAcquireDirectory(path));
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
