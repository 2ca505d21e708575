// SPDX-License-Identifier: Apache-2.0
#include "core/base/files.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cstdlib>
#include <thread>

#ifndef Q_OS_WIN
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#endif
#ifdef Q_OS_LINUX
#include <sched.h>
#include <sys/mount.h>
#endif

using namespace adit;
namespace fs = std::filesystem;

namespace {

struct Bench {
  QTemporaryDir temporary;
  fs::path directory = temporary.path().toStdString();
  fs::path file = directory / "file";
  [[nodiscard]] std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
  }
};

constexpr fs::perms kOwner = fs::perms::owner_read | fs::perms::owner_write;

bool isRoot() {
#ifdef Q_OS_WIN
  return false;
#else
  return ::geteuid() == 0;
#endif
}

#ifndef Q_OS_WIN
constexpr uid_t kNobody = 65534;
/// What `check` returns in a child process that is the user and group `user`; 77 where root may not change.
template <typename Check>
int asUser(uid_t user, Check check) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(user) != 0 || ::setuid(user) != 0) ::_exit(77);
    ::_exit(check());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
#endif

fs::perms permissionsOf(const fs::path& path) { return fs::status(path).permissions(); }

}  // namespace

class FilesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void writesAndReads();
  void aMissingFileIsNotFound();
  void aDirectoryIsNoFile();
  void longFilesAreRefused();
  void pipesCanBeRead();
  void secretsArePrivateWhateverTheUmask();
  void rewritingASecretMakesItPrivate();
  void secretsThatOthersReachAreRefused_data();
  void secretsThatOthersReachAreRefused();
  void aFileOfRootsForOurGroupIsAccepted();
  void aDirectoryOfAnotherUserIsRefused();
  void othersKeepTheirMode();
  void linksStay();
  void whatIsNoFileIsNotReplaced();
  void readersSeeTheOldOrTheNew();
  void aFullDiskLeavesTheOldFile();
  void anUnreadableFileIsRefused();
  void makesDirectories();
  void directoriesThatOthersWriteToAreRefused();
  void aFileIsNoDirectory();
};

void FilesTest::writesAndReads() {
  Bench bench;
  for (const auto secrecy : {FileSecrecy::Public, FileSecrecy::Secret}) {
    for (const std::string& content :
         {std::string(), std::string("a\0b\r\n", 5), std::string(300'000, 'x')}) {
      QVERIFY(writeFileAtomically(bench.file, content, secrecy).has_value());
      QCOMPARE(readFile(bench.file, secrecy).value(), content);
    }
  }
  QCOMPARE(bench.entries(), std::ptrdiff_t{1});
}

void FilesTest::aMissingFileIsNotFound() {
  Bench bench;
  const auto content = readFile(bench.file, FileSecrecy::Public);
  QVERIFY(content.error().code == ErrorCode::NotFound);
  QVERIFY(content.error().detail.find(bench.file.string()) != std::string::npos);
  QVERIFY(writeFileAtomically(bench.directory / "no" / "such", "", FileSecrecy::Public).error().code ==
          ErrorCode::NotFound);
}

void FilesTest::aDirectoryIsNoFile() {
  Bench bench;
  QVERIFY(readFile(bench.directory, FileSecrecy::Public).error().code == ErrorCode::InvalidArgument);
  QVERIFY(!writeFileAtomically(bench.directory, "", FileSecrecy::Public).has_value());
  QCOMPARE(bench.entries(), std::ptrdiff_t{0});
}

void FilesTest::longFilesAreRefused() {
  Bench bench;
  QVERIFY(writeFileAtomically(bench.file, std::string(100, 'x'), FileSecrecy::Public).has_value());
  QCOMPARE(readFile(bench.file, FileSecrecy::Public, 100)->size(), std::size_t{100});
  QVERIFY(readFile(bench.file, FileSecrecy::Public, 99).error().code == ErrorCode::LimitExceeded);
  QVERIFY(readFile(bench.file, FileSecrecy::Public, 0).error().code == ErrorCode::LimitExceeded);
}

void FilesTest::pipesCanBeRead() {
#ifdef Q_OS_WIN
  QSKIP("named pipes are made otherwise on Windows");
#else
  // A shell's <(command): the size is not known before.
  Bench bench;
  QCOMPARE(::mkfifo(bench.file.c_str(), 0600), 0);
  std::thread writer([&] {
    std::FILE* pipe = std::fopen(bench.file.c_str(), "w");
    for (int i = 0; i < 1000; ++i) std::fputs("0123456789", pipe);
    std::fclose(pipe);
  });
  const auto content = readFile(bench.file, FileSecrecy::Secret);
  writer.join();
  QCOMPARE(content->size(), std::size_t{10'000});
#endif
}

void FilesTest::secretsArePrivateWhateverTheUmask() {
#ifdef Q_OS_WIN
  QSKIP("there is no umask");
#else
  Bench bench;
  const mode_t old = ::umask(0);
  const auto written = writeFileAtomically(bench.file, "secret", FileSecrecy::Secret);
  const auto made = ensureDirectory(bench.directory / "deep" / "down", FileSecrecy::Secret);
  ::umask(old);
  QVERIFY(written.has_value());
  QVERIFY(made.has_value());
  QVERIFY(permissionsOf(bench.file) == kOwner);
  QVERIFY(permissionsOf(bench.directory / "deep" / "down") == fs::perms::owner_all);
#endif
}

void FilesTest::rewritingASecretMakesItPrivate() {
  Bench bench;
  QVERIFY(writeFileAtomically(bench.file, "a", FileSecrecy::Public).has_value());
  fs::permissions(bench.file, fs::perms::all);
  QVERIFY(writeFileAtomically(bench.file, "secret", FileSecrecy::Secret).has_value());
  QVERIFY(permissionsOf(bench.file) == kOwner);
}

void FilesTest::secretsThatOthersReachAreRefused_data() {
  QTest::addColumn<int>("mode");
  QTest::addColumn<bool>("accepted");
  QTest::newRow("0600") << 0600 << true;
  QTest::newRow("0400") << 0400 << true;
  QTest::newRow("0700") << 0700 << true;
  // Root and its group are one party.
  QTest::newRow("group reads") << 0640 << isRoot();
  QTest::newRow("group writes") << 0620 << false;
  QTest::newRow("others read") << 0604 << false;
  QTest::newRow("others write") << 0602 << false;
  QTest::newRow("everybody") << 0666 << false;
}

void FilesTest::secretsThatOthersReachAreRefused() {
  QFETCH(int, mode);
  QFETCH(bool, accepted);
  Bench bench;
  QVERIFY(writeFileAtomically(bench.file, "secret", FileSecrecy::Secret).has_value());
  fs::permissions(bench.file, static_cast<fs::perms>(mode));
  const auto content = readFile(bench.file, FileSecrecy::Secret);
  QCOMPARE(content.has_value(), accepted);
  if (accepted) return;
  QVERIFY(content.error().code == ErrorCode::InsecurePermissions);
  QVERIFY(content.error().detail.find(bench.file.string()) != std::string::npos);
  QVERIFY(content.error().detail.find("secret") ==
          content.error().detail.rfind("secret"));  // the word, not the content
  QVERIFY(readFile(bench.file, FileSecrecy::Public).has_value());
}

void FilesTest::aFileOfRootsForOurGroupIsAccepted() {
#ifdef Q_OS_WIN
  QSKIP("permissions are access-control lists on Windows");
#else
  if (!isRoot()) QSKIP("only root can give a file to a group");
  Bench bench;
  fs::permissions(bench.directory, static_cast<fs::perms>(0755));
  QVERIFY(writeFileAtomically(bench.file, "a", FileSecrecy::Secret).has_value());
  QCOMPARE(::chown(bench.file.c_str(), 0, kNobody), 0);
  const auto reads = [&bench](uid_t user) {
    return asUser(user, [&bench] { return readFile(bench.file, FileSecrecy::Secret) ? 0 : 1; });
  };
  QCOMPARE(::chmod(bench.file.c_str(), 0440), 0);
  const int own = reads(kNobody);
  if (own == 77) QSKIP("this system does not let root become somebody else");
  QCOMPARE(own, 0);
  QCOMPARE(::chmod(bench.file.c_str(), 0640), 0);
  QCOMPARE(reads(kNobody), 0);
  // The group may not write, nobody else may read, and only root may choose the group.
  QCOMPARE(::chmod(bench.file.c_str(), 0660), 0);
  QCOMPARE(reads(kNobody), 1);
  QCOMPARE(::chmod(bench.file.c_str(), 0444), 0);
  QCOMPARE(reads(kNobody), 1);
  QCOMPARE(::chmod(bench.file.c_str(), 0440), 0);
  QCOMPARE(::chown(bench.file.c_str(), kNobody, kNobody), 0);
  QCOMPARE(reads(kNobody), 1);
  QCOMPARE(::chown(bench.file.c_str(), 0, kNobody), 0);
  QVERIFY(readFile(bench.file, FileSecrecy::Secret).error().code == ErrorCode::InsecurePermissions);
#endif
}

void FilesTest::aDirectoryOfAnotherUserIsRefused() {
#ifdef Q_OS_WIN
  QSKIP("permissions are access-control lists on Windows");
#else
  if (!isRoot()) QSKIP("only root can give a directory away");
  Bench bench;
  const fs::path path = bench.directory / "state";
  QVERIFY(ensureDirectory(path, FileSecrecy::Secret).has_value());
  QCOMPARE(::chown(path.c_str(), kNobody, kNobody), 0);
  const auto refused = ensureDirectory(path, FileSecrecy::Secret);
  QVERIFY(!refused.has_value());
  QVERIFY(refused.error().code == ErrorCode::InsecurePermissions);
  QVERIFY2(refused.error().detail.find(path.string()) != std::string::npos, refused.error().detail.c_str());
  QVERIFY(ensureDirectory(path, FileSecrecy::Public).has_value());
#endif
}

void FilesTest::othersKeepTheirMode() {
  Bench bench;
  QVERIFY(writeFileAtomically(bench.file, "a", FileSecrecy::Public).has_value());
  fs::permissions(bench.file, kOwner);
  QVERIFY(writeFileAtomically(bench.file, "b", FileSecrecy::Public).has_value());
  QVERIFY(permissionsOf(bench.file) == kOwner);
}

void FilesTest::linksStay() {
  Bench bench;
  fs::create_directory(bench.directory / "real");
  fs::create_symlink("real/target", bench.file);
  QVERIFY(writeFileAtomically(bench.directory / "real" / "target", "a", FileSecrecy::Public).has_value());
  QVERIFY(writeFileAtomically(bench.file, "b", FileSecrecy::Public).has_value());
  QVERIFY(fs::is_symlink(bench.file));
  QCOMPARE(readFile(bench.directory / "real" / "target", FileSecrecy::Public).value(), std::string("b"));
}

void FilesTest::whatIsNoFileIsNotReplaced() {
#ifdef Q_OS_WIN
  QSKIP("named pipes are made otherwise on Windows");
#else
  Bench bench;
  QCOMPARE(::mkfifo(bench.file.c_str(), 0600), 0);
  QVERIFY(writeFileAtomically(bench.file, "a", FileSecrecy::Public).error().code ==
          ErrorCode::InvalidArgument);
  QVERIFY(fs::is_fifo(bench.file));
#endif
}

void FilesTest::readersSeeTheOldOrTheNew() {
  Bench bench;
  const std::string a(50'000, 'a');
  const std::string b(70'000, 'b');
  QVERIFY(writeFileAtomically(bench.file, a, FileSecrecy::Secret).has_value());
  std::thread writer([&] {
    for (int i = 0; i < 30; ++i)
      (void)writeFileAtomically(bench.file, i % 2 == 0 ? b : a, FileSecrecy::Secret);
  });
  bool torn = false;
  for (int i = 0; i < 300; ++i) {
    const auto content = readFile(bench.file, FileSecrecy::Secret);
    torn = torn || !content || (*content != a && *content != b);
  }
  writer.join();
  QVERIFY(!torn);
  QCOMPARE(bench.entries(), std::ptrdiff_t{1});
}

void FilesTest::aFullDiskLeavesTheOldFile() {
#ifndef Q_OS_LINUX
  QSKIP("needs Linux namespaces");
#else
  // A child mounts a file system of 64 KiB that only it can see, as root or in a user namespace of its own.
  Bench bench;
  const std::string target = bench.directory.string();
  const pid_t child = ::fork();
  if (child == 0) {
    enum Verdict { Good, NoNamespace = 77, SetUpFailed, WrongError, OldIsLost, LeftBehind };
    if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ::_exit(NoNamespace);
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(NoNamespace);
    if (::mount("none", target.c_str(), "tmpfs", 0, "size=64k") != 0) ::_exit(NoNamespace);
    if (!writeFileAtomically(bench.file, "old", FileSecrecy::Secret)) ::_exit(SetUpFailed);
    const auto written = writeFileAtomically(bench.file, std::string(200'000, 'x'), FileSecrecy::Secret);
    if (written || written.error().code != ErrorCode::DiskFull) ::_exit(WrongError);
    const auto content = readFile(bench.file, FileSecrecy::Secret);
    if (!content || *content != "old") ::_exit(OldIsLost);
    ::_exit(bench.entries() == 1 ? Good : LeftBehind);
  }
  int status = 0;
  QCOMPARE(::waitpid(child, &status, 0), child);
  QVERIFY(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) QSKIP("this system lets nobody mount a small file system");
  QCOMPARE(WEXITSTATUS(status), 0);
#endif
}

void FilesTest::anUnreadableFileIsRefused() {
#ifdef Q_OS_WIN
  QSKIP("permissions are access-control lists on Windows");
#else
  Bench bench;
  QVERIFY(writeFileAtomically(bench.file, "a", FileSecrecy::Secret).has_value());
  fs::permissions(bench.file, fs::perms::none);
  fs::permissions(bench.directory, fs::perms::all);
  // Root may read everything, so a child becomes somebody else.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(77);
    const auto content = readFile(bench.file, FileSecrecy::Secret);
    ::_exit(!content && content.error().code == ErrorCode::PermissionDenied ? 0 : 1);
  }
  int status = 0;
  QCOMPARE(::waitpid(child, &status, 0), child);
  QVERIFY(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) QSKIP("this system does not let root become somebody else");
  QCOMPARE(WEXITSTATUS(status), 0);
#endif
}

void FilesTest::makesDirectories() {
  Bench bench;
  for (const fs::path& path : {bench.directory / "a" / "b" / "c", bench.directory / "x" / "y" / ""}) {
    QVERIFY(ensureDirectory(path, FileSecrecy::Secret).has_value());
    QVERIFY(fs::is_directory(path));
    QVERIFY(ensureDirectory(path, FileSecrecy::Secret).has_value());
    QVERIFY(ensureDirectory(path, FileSecrecy::Public).has_value());
  }
  QVERIFY(permissionsOf(bench.directory / "a" / "b" / "c") == fs::perms::owner_all);
  QVERIFY(permissionsOf(bench.directory / "x" / "y") == fs::perms::owner_all);
}

void FilesTest::directoriesThatOthersWriteToAreRefused() {
#ifdef Q_OS_WIN
  QSKIP("permissions are access-control lists on Windows");
#else
  Bench bench;
  const fs::path path = bench.directory / "state";
  QVERIFY(ensureDirectory(path, FileSecrecy::Public).has_value());
  fs::permissions(path, static_cast<fs::perms>(0770));
  const auto refused = ensureDirectory(path, FileSecrecy::Secret);
  QVERIFY(refused.error().code == ErrorCode::InsecurePermissions);
  QVERIFY(refused.error().detail.find(path.string()) != std::string::npos);
  QVERIFY(ensureDirectory(path, FileSecrecy::Public).has_value());
  fs::permissions(path, static_cast<fs::perms>(0755));
  QVERIFY(ensureDirectory(path, FileSecrecy::Secret).has_value());
#endif
}

void FilesTest::aFileIsNoDirectory() {
  Bench bench;
  QVERIFY(writeFileAtomically(bench.file, "a", FileSecrecy::Public).has_value());
  QVERIFY(ensureDirectory(bench.file, FileSecrecy::Public).error().code == ErrorCode::InvalidArgument);
  QVERIFY(!ensureDirectory(bench.file / "below", FileSecrecy::Public).has_value());
}

QTEST_APPLESS_MAIN(FilesTest)
#include "files_test.moc"
