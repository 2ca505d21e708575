// SPDX-License-Identifier: Apache-2.0
// A server's directory at its first start, at later ones, and when something in it is wrong.
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <QTemporaryDir>
#include <QTest>

#include "app/server_files.h"
#include "core/base/files.h"

using namespace adit;
using namespace adit::app;
namespace fs = std::filesystem;

namespace {
struct Fixture {
  QTemporaryDir directory;
  fs::path data = fs::path(directory.path().toStdString()) / "server";
  void write(const char* name, const std::string& text) const {
    std::ofstream(data / name, std::ios::trunc) << text;
  }
  /// A start that gets as far as listening.
  [[nodiscard]] Result<ServerFiles> start() const {
    auto files = ServerFiles::open(data);
    if (!files) return files;
    if (auto made = files->makeFirstToken(); !made) return fail(std::move(made.error()));
    return files;
  }
};
}  // namespace

class ServerFilesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void makesEverythingAtTheFirstStart() {
    const Fixture f;
    const auto files = f.start();
    QVERIFY(files.has_value());
    QVERIFY(!files->firstToken.empty());
    QVERIFY(files->tokens->verify(files->firstToken).has_value());
    QVERIFY(files->identity != nullptr);
    QVERIFY(files->keys.connectionId != files->keys.retryToken);
    QVERIFY(files->keys.retryToken != files->keys.statelessReset);
  }

  void aDirectoryBelongsToOneServerAtATime() {
    const Fixture f;
    {
      const auto first = f.start();
      QVERIFY(first.has_value());
      const auto second = ServerFiles::open(f.data);
      QVERIFY(!second.has_value());
      QVERIFY(second.error().code == ErrorCode::Overloaded);
      const std::string holder = "(pid " + std::to_string(QCoreApplication::applicationPid()) + ")";
      QVERIFY2(second.error().detail.find(holder) != std::string::npos, second.error().detail.c_str());
    }
    QVERIFY(f.start().has_value());
  }

  void ofStartsAtOnceOneSucceeds() {
    for (int round = 0; round < 20; ++round) {
      const Fixture f;
      std::vector<Result<ServerFiles>> files;
      for (int i = 0; i < 4; ++i) files.emplace_back(fail(ErrorCode::Internal, "not started"));
      std::vector<std::thread> starts;
      for (auto& each : files) starts.emplace_back([&f, &each] { each = ServerFiles::open(f.data); });
      for (std::thread& start : starts) start.join();
      int succeeded = 0;
      for (const auto& each : files) {
        succeeded += each ? 1 : 0;
        if (!each) QCOMPARE(toString(each.error().code), toString(ErrorCode::Overloaded));
      }
      QCOMPARE(succeeded, 1);
    }
  }

  void aTokenThatWasShownIsNotKept() {
    const Fixture f;
    std::string token;
    {
      auto files = f.start();
      QVERIFY(files.has_value());
      token = files->firstToken;
      QVERIFY(fs::exists(f.data / "first-token"));
      QVERIFY(files->forgetFirstToken().has_value());
      QVERIFY(files->firstToken.empty());
      QVERIFY(!fs::exists(f.data / "first-token"));
    }
    const auto next = f.start();
    QVERIFY(next.has_value());
    QVERIFY(next->firstToken.empty());
    QVERIFY(next->tokens->verify(token).has_value());
  }

  void aStartThatFailsLeavesTheFirstTokenToTheNext() {
    const Fixture f;
    QVERIFY(ServerFiles::open(f.data).has_value());  // and no further: its port is taken
    const auto next = f.start();
    QVERIFY(next.has_value());
    QVERIFY(next->tokens->verify(next->firstToken).has_value());
  }

  void aFirstTokenThatCannotBeKeptIsMadeAgain() {
    const Fixture f;
    {
      auto files = ServerFiles::open(f.data);
      QVERIFY(files.has_value());
      fs::create_directory(f.data / "first-token");  // as good as a full disk
      QVERIFY(!files->makeFirstToken().has_value());
      QVERIFY(files->firstToken.empty());
      QVERIFY(files->tokens->list().empty());
    }
    fs::remove(f.data / "first-token");
    const auto next = f.start();
    QVERIFY(next.has_value());
    QVERIFY(!next->firstToken.empty());
  }

  void everyFileIsForThisUserOnly() {
    const Fixture f;
    QVERIFY(f.start().has_value());
    const auto others = fs::perms::group_all | fs::perms::others_all;
    QVERIFY((fs::status(f.data).permissions() & others) == fs::perms::none);
    int count = 0;
    for (const auto& entry : fs::directory_iterator(f.data)) {
      ++count;
      QVERIFY2((entry.status().permissions() & others) == fs::perms::none, entry.path().c_str());
    }
    QVERIFY(count >= 4);
  }

  void keepsEverythingAtTheSecond() {
    const Fixture f;
    auto first = f.start();
    QVERIFY(first.has_value());
    first->lock.reset();
    const auto second = f.start();
    QVERIFY(second.has_value());
    QCOMPARE(second->firstToken, first->firstToken);
    QVERIFY(second->identity->pin() == first->identity->pin());
    QVERIFY(second->keys.connectionId == first->keys.connectionId);
    QVERIFY(second->keys.retryToken == first->keys.retryToken);
    QVERIFY(second->keys.statelessReset == first->keys.statelessReset);
  }

  void aFirstTokenThatWasDeletedStaysDeleted() {
    const Fixture f;
    const std::string token = f.start()->firstToken;
    fs::remove(f.data / "first-token");
    const auto files = f.start();
    QVERIFY(files.has_value());
    QVERIFY(files->firstToken.empty());
    QVERIFY(files->tokens->verify(token).has_value());
  }

  void aRevokedTokenMakesNoNewOne() {
    const Fixture f;
    {
      const auto first = f.start();
      QVERIFY(first->tokens->revoke(first->tokens->list()[0].id).has_value());
    }
    const auto second = f.start();
    QVERIFY(second.has_value());
    QCOMPARE(second->tokens->list().size(), std::size_t{1});
    QVERIFY(second->firstToken.empty());  // a link with it would be refused
  }

  void aFirstTokenThatNobodyKnowsIsNotShown() {
    const Fixture f;
    QVERIFY(f.start().has_value());
    QVERIFY(writeFileAtomically(f.data / "first-token", "another\n", FileSecrecy::Secret).has_value());
    const auto files = f.start();
    QVERIFY(files.has_value());
    QVERIFY(files->firstToken.empty());
  }

  void namesTheFileThatIsDamaged_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("text");
    QTest::newRow("secrets cut short") << "quic-secrets"
                                       << "AAAA";
    QTest::newRow("secrets empty") << "quic-secrets"
                                   << "";
    QTest::newRow("secrets no base64") << "quic-secrets"
                                       << "!!!!";
    QTest::newRow("tokens") << "tokens.json"
                            << "{";
    QTest::newRow("key") << "server.key"
                         << "not a key";
  }
  void namesTheFileThatIsDamaged() {
    QFETCH(QString, file);
    QFETCH(QString, text);
    const Fixture f;
    QVERIFY(f.start().has_value());
    f.write(file.toUtf8().constData(), text.toStdString());
    const auto files = f.start();
    QVERIFY(!files.has_value());
    QVERIFY2(files.error().detail.find(file.toStdString()) != std::string::npos,
             files.error().detail.c_str());
  }

  void refusesSecretsThatOthersCanRead_data() {
    QTest::addColumn<QString>("file");
    for (const char* file : {"quic-secrets", "first-token", "server.key", "tokens.json"})
      QTest::newRow(file) << file;
  }
  void refusesSecretsThatOthersCanRead() {
    QFETCH(QString, file);
    const Fixture f;
    QVERIFY(f.start().has_value());
    fs::permissions(f.data / file.toStdString(), fs::perms::owner_all | fs::perms::others_read);
    const auto files = f.start();
    QVERIFY(!files.has_value());
    QVERIFY(files.error().code == ErrorCode::InsecurePermissions);
  }

  void refusesADirectoryThatOthersCanChange() {
    const Fixture f;
    fs::create_directory(f.data);
    fs::permissions(f.data, fs::perms::all);
    QVERIFY(!f.start().has_value());
  }

  void linksOfLaterTokens() {
    const Fixture f;
    const auto files = f.start();
    QVERIFY(!joinLinkOf(f.data, "another").has_value());
    session::JoinLink link{files->firstToken, "t.example.com", 4433, files->identity->pin()};
    QVERIFY(files->keepAddress(link).has_value());
    const auto other = joinLinkOf(f.data, "another");
    QVERIFY(other.has_value());
    QCOMPARE(other->token, std::string("another"));
    link.token = "another";
    QVERIFY(*other == link);
    // The first token's secret is in its own file alone.
    const auto kept = readFile(f.data / "join-address", FileSecrecy::Secret);
    QVERIFY(kept.has_value() && kept->find(files->firstToken) == std::string::npos);
    link.port = 4434;
    QVERIFY(files->keepAddress(link).has_value());
    QCOMPARE(joinLinkOf(f.data, "x")->port, std::uint16_t{4434});
    f.write("join-address", "nonsense");
    QVERIFY(!joinLinkOf(f.data, "x").has_value());
  }
};

QTEST_APPLESS_MAIN(ServerFilesTest)
#include "server_files_test.moc"
