// SPDX-License-Identifier: Apache-2.0
// Where a join link is taken from, and that errors never repeat it.
#include <filesystem>
#include <fstream>

#include <QTemporaryDir>
#include <QTest>

#include "app/join_source.h"
#include "core/config/profile_store.h"

using namespace adit;
using namespace adit::app;
namespace fs = std::filesystem;

namespace {

session::JoinLink linkTo(const std::string& host) {
  session::JoinLink link;
  link.token = "c2VjcmV0LXRva2VuLW9mLXRoZS10ZXN0LTAxMjM0NTY";
  link.host = host;
  link.pin.sha256[0] = 1;
  return link;
}

struct Fixture {
  QTemporaryDir directory;
  fs::path state = directory.path().toStdString();

  Fixture() { qunsetenv("ADIT_JOIN"); }
  ~Fixture() { qunsetenv("ADIT_JOIN"); }
  std::string file(const std::string& text,
                   fs::perms perms = fs::perms::owner_read | fs::perms::owner_write) {
    const fs::path path = state / "link.txt";
    std::ofstream(path, std::ios::trunc) << text;
    fs::permissions(path, perms);
    return path.string();
  }
  void store(const std::string& profile, const session::JoinLink& link) {
    if (!config::ProfileStore(profileDirectory(state)).save(link, profile)) qFatal("cannot store a profile");
  }
};

}  // namespace

class JoinSourceTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void readsAFile() {
    Fixture f;
    const auto link = readJoinLink(f.file(linkTo("a.test").toString() + "\n"));
    QVERIFY(link.has_value());
    QVERIFY(*link == linkTo("a.test"));
  }

  void prefersFileThenEnvironmentThenProfile() {
    Fixture f;
    f.store("default", linkTo("profile.test"));
    QCOMPARE(findJoinLink({}, {}, f.state).value()->host, std::string("profile.test"));
    qputenv("ADIT_JOIN", QByteArray::fromStdString(linkTo("environment.test").toString()));
    QCOMPARE(findJoinLink({}, {}, f.state).value()->host, std::string("environment.test"));
    QCOMPARE(findJoinLink(f.file(linkTo("file.test").toString()), {}, f.state).value()->host,
             std::string("file.test"));
    qputenv("ADIT_JOIN", "");  // as good as none
    QCOMPARE(findJoinLink({}, {}, f.state).value()->host, std::string("profile.test"));
  }

  void withoutAnyThereIsNone() {
    Fixture f;
    const auto link = findJoinLink({}, {}, f.state);
    QVERIFY(link.has_value());
    QVERIFY(!link->has_value());
  }

  void aProfileThatWasNamedMustExist() {
    Fixture f;
    const auto link = findJoinLink({}, "work", f.state);
    QVERIFY(!link.has_value());
    QVERIFY(link.error().code == ErrorCode::NotFound);
    QVERIFY(link.error().detail.find("work") != std::string::npos);
    f.store("work", linkTo("work.test"));
    QCOMPARE(findJoinLink({}, "work", f.state).value()->host, std::string("work.test"));
  }

  void aProfileThatWasNamedGoesBeforeTheEnvironment() {
    Fixture f;
    f.store("work", linkTo("work.test"));
    qputenv("ADIT_JOIN", QByteArray::fromStdString(linkTo("environment.test").toString()));
    QCOMPARE(findJoinLink({}, "work", f.state).value()->host, std::string("work.test"));
    QVERIFY(!findJoinLink({}, "none", f.state).has_value());  // and not the environment's in its place
    QCOMPARE(joinLinkFromEnvironment().value()->host, std::string("environment.test"));
  }

  void refusesAFileThatOthersCanRead() {
    Fixture f;
    const auto link =
        readJoinLink(f.file(linkTo("a.test").toString(), fs::perms::owner_read | fs::perms::others_read));
    QVERIFY(!link.has_value());
    QVERIFY(link.error().code == ErrorCode::InsecurePermissions);
  }

  void namesTheSourceButNeverTheSecret() {
    Fixture f;
    std::string broken = linkTo("a.test").toString();
    broken.resize(broken.size() - 5);
    const auto fromFile = readJoinLink(f.file(broken));
    QVERIFY(!fromFile.has_value());
    QVERIFY(fromFile.error().detail.find("link.txt") != std::string::npos);
    QVERIFY(fromFile.error().detail.find(linkTo("a.test").token) == std::string::npos);
    qputenv("ADIT_JOIN", QByteArray::fromStdString(broken));
    const auto fromEnvironment = findJoinLink({}, {}, f.state);
    QVERIFY(!fromEnvironment.has_value());
    QVERIFY(fromEnvironment.error().detail.starts_with("ADIT_JOIN"));
    QVERIFY(fromEnvironment.error().detail.find(linkTo("a.test").token) == std::string::npos);
  }

  void refusesFilesThatAreNoLink_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("words") << QByteArray("hello world");
    QTest::newRow("large") << QByteArray(10'000, 'x');
    QTest::newRow("binary") << QByteArray("\0\x01\xff", 3);
  }
  void refusesFilesThatAreNoLink() {
    QFETCH(QByteArray, text);
    Fixture f;
    const auto link = readJoinLink(f.file(text.toStdString()));
    QVERIFY(!link.has_value());
    QVERIFY(link.error().code == ErrorCode::InvalidArgument);  // a matter of usage, exit code 2
  }

  void doesNotTakeALinkForAFile() {
    const auto link = readJoinLink(linkTo("a.test").toString());
    QVERIFY(!link.has_value());
    QVERIFY(link.error().detail.find("paste") != std::string::npos);
    QVERIFY(link.error().detail.find(linkTo("a.test").token) == std::string::npos);
  }

  void saysThatAFileIsMissing() {
    Fixture f;
    const auto link = readJoinLink((f.state / "none.txt").string());
    QVERIFY(!link.has_value());
    QVERIFY(link.error().code == ErrorCode::NotFound);
    QVERIFY(link.error().detail.find("none.txt") != std::string::npos);
  }
};

QTEST_APPLESS_MAIN(JoinSourceTest)
#include "join_source_test.moc"
