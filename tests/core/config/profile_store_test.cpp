// SPDX-License-Identifier: Apache-2.0
#include "core/config/profile_store.h"

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/files.h"
#include "tests/core/support/must_work.h"

using namespace adit;
using namespace adit::config;
using adit::session::JoinLink;
using adit::test::mustWork;
namespace fs = std::filesystem;

namespace {

const std::string kLink =
    "adit://SeCrEt-token@t.example.com:4433?pin=sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

struct Bench {
  QTemporaryDir temporary;
  fs::path directory = fs::path(temporary.path().toStdString()) / "profiles";
  fs::path file = directory / "default.toml";
  ProfileStore store{directory};
  JoinLink link = JoinLink::parse(kLink).value();

  void write(std::string_view text) const {
    mustWork(ensureDirectory(file.parent_path(), FileSecrecy::Secret));
    mustWork(writeFileAtomically(file, text, FileSecrecy::Secret));
  }
};

}  // namespace

class ProfileStoreTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void savesAndLoads();
  void filesArePrivate();
  void refusesAFileThatOthersCanReach();
  void knowsWhatIsMissing();
  void lists();
  void removes();
  void namesStayInTheDirectory_data();
  void namesStayInTheDirectory();
  void saysWhereAFileIsWrong_data();
  void saysWhereAFileIsWrong();
};

void ProfileStoreTest::savesAndLoads() {
  Bench bench;
  QVERIFY(bench.store.save(bench.link).has_value());
  QVERIFY(bench.store.load().value() == bench.link);
  JoinLink other = bench.link;
  other.host = "2001:db8::1";
  other.port = 1;
  QVERIFY(bench.store.save(other, "Work-2.eu").has_value());
  QVERIFY(bench.store.load("Work-2.eu").value() == other);
  QVERIFY(bench.store.save(other).has_value());
  QVERIFY(bench.store.load().value() == other);
}

void ProfileStoreTest::filesArePrivate() {
  Bench bench;
  QVERIFY(bench.store.save(bench.link).has_value());
  QVERIFY(fs::status(bench.file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  QVERIFY(fs::status(bench.file.parent_path()).permissions() == fs::perms::owner_all);
}

void ProfileStoreTest::refusesAFileThatOthersCanReach() {
  Bench bench;
  QVERIFY(bench.store.save(bench.link).has_value());
  fs::permissions(bench.file, fs::perms::others_read, fs::perm_options::add);
  const auto loaded = bench.store.load();
  QVERIFY(loaded.error().code == ErrorCode::InsecurePermissions);
  QVERIFY(loaded.error().detail.find(bench.file.string()) != std::string::npos);
}

void ProfileStoreTest::knowsWhatIsMissing() {
  Bench bench;
  QVERIFY(bench.store.load().error().code == ErrorCode::NotFound);
  QVERIFY(bench.store.load("work").error().detail.find("'work'") != std::string::npos);
  QVERIFY(bench.store.remove("work").error().code == ErrorCode::NotFound);
  QVERIFY(bench.store.list().value().empty());
}

void ProfileStoreTest::lists() {
  Bench bench;
  for (const char* name : {"work", "default", "Home"})
    QVERIFY(bench.store.save(bench.link, name).has_value());
  QVERIFY(writeFileAtomically(bench.file.parent_path() / "notes.txt", "", FileSecrecy::Public).has_value());
  QVERIFY(
      writeFileAtomically(bench.file.parent_path() / ".hidden.toml", "", FileSecrecy::Public).has_value());
  QVERIFY(bench.store.list().value() == (std::vector<std::string>{"Home", "default", "work"}));
}

void ProfileStoreTest::removes() {
  Bench bench;
  QVERIFY(bench.store.save(bench.link, "work").has_value());
  QVERIFY(bench.store.remove("work").has_value());
  QVERIFY(bench.store.load("work").error().code == ErrorCode::NotFound);
}

void ProfileStoreTest::namesStayInTheDirectory_data() {
  QTest::addColumn<QByteArray>("name");
  for (const char* name : {"", ".", "..", "../x", "a/b", "a\\b", "/etc/passwd", ".hidden", "a.", "a b", "a\n",
                           "C:", "\xc3\xa4", "a*"}) {
    QTest::addRow("'%s'", name) << QByteArray(name);
  }
  QTest::newRow("long") << QByteArray(65, 'a');
  QTest::newRow("NUL") << QByteArray("a\0b", 3);
}

void ProfileStoreTest::namesStayInTheDirectory() {
  QFETCH(QByteArray, name);
  Bench bench;
  const std::string profile = name.toStdString();
  QVERIFY(bench.store.save(bench.link, profile).error().code == ErrorCode::InvalidArgument);
  QVERIFY(bench.store.load(profile).error().code == ErrorCode::InvalidArgument);
  QVERIFY(bench.store.remove(profile).error().code == ErrorCode::InvalidArgument);
  QVERIFY(!fs::exists(bench.directory));
}

void ProfileStoreTest::saysWhereAFileIsWrong_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("names");
  const QString link = QString::fromStdString(kLink);
  QTest::newRow("empty") << ""
                         << "default.toml:1:1: 'version = 1' is missing";
  QTest::newRow("no TOML") << "version = 1\nlink = \"" + link << "default.toml:2:";
  QTest::newRow("newer") << "version = 2\nlonk = 1\n"
                         << "default.toml:1:11: this program does not know version 2";
  QTest::newRow("version as text") << "version = \"1\"\n"
                                   << "default.toml:1:11: 'version' must be an integer, not a text";
  QTest::newRow("no link") << "version = 1\n"
                           << "'link' is missing";
  QTest::newRow("unknown key") << "version = 1\nlink = \"" + link + "\"\nSeCrEt = 1\n"
                               << "default.toml:3:1: this key is not known";
  QTest::newRow("link as a number") << "version = 1\nlink = 7\n"
                                    << "default.toml:2:8: 'link' must be a text, not an integer";
  QTest::newRow("link without pin") << "version = 1\nlink = \"adit://SeCrEt@a\"\n"
                                    << "default.toml:2:8: the join link has no pin";
}

void ProfileStoreTest::saysWhereAFileIsWrong() {
  QFETCH(QString, text);
  QFETCH(QString, names);
  Bench bench;
  bench.write(text.toStdString());
  const auto loaded = bench.store.load();
  QVERIFY(!loaded.has_value());
  QVERIFY(loaded.error().code == ErrorCode::InvalidArgument);
  const QString detail = QString::fromStdString(loaded.error().detail);
  QVERIFY2(detail.contains(names), qPrintable(detail));
  QVERIFY2(!detail.contains("SeCrEt"), qPrintable(detail));
}

QTEST_APPLESS_MAIN(ProfileStoreTest)
#include "profile_store_test.moc"
