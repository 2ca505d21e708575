// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include <QtTest>

#include "core/tls/certificate_watcher.h"
#include "tests/core/tls/tls_test_support.h"

using namespace adit;
using namespace adit::tls;
using namespace adit::tls::test;

namespace fs = std::filesystem;

class CertificateWatcherTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void leavesWhatDidNotChange() {
    const Certificates certificates;
    auto follower = CertificateFollower::open({certificates.make("a", {"a"})}).value();
    const auto before = follower.source()->current();
    for (int i = 0; i < 5; ++i) QVERIFY(follower.look().has_value());
    QVERIFY(follower.source()->current() == before);
  }

  void takesAChangeOnceItHasSettled() {
    const Certificates certificates;
    const CertificateFiles files = certificates.make("a", {"a.example.com"});
    auto follower = CertificateFollower::open({files}).value();
    const auto before = follower.source()->current();
    certificates.make("a", {"b.example.com"});
    QVERIFY(follower.look().has_value());
    QVERIFY(follower.source()->current() == before);  // it may not be whole yet
    QVERIFY(follower.look().has_value());
    const auto after = follower.source()->current();
    QVERIFY(after != before);
    QVERIFY(shows(after, files, "b.example.com"));
    QVERIFY(follower.look().has_value());
    QVERIFY(follower.source()->current() == after);
  }

  void readsAtOnceWhenAsked() {
    const Certificates certificates;
    const CertificateFiles files = certificates.make("a", {"a.example.com"});
    auto follower = CertificateFollower::open({files}).value();
    certificates.make("a", {"b.example.com"});
    QVERIFY(follower.reload().has_value());
    const auto after = follower.source()->current();
    QVERIFY(shows(after, files, "b.example.com"));
    QVERIFY(follower.look().has_value());
    QVERIFY(follower.source()->current() == after);  // that change was taken
  }

  void theWatcherLooksWhenAsked() {
    const Certificates certificates;
    const CertificateFiles files = certificates.make("a", {"a"});
    auto watcher = CertificateWatcher::start({files}, std::chrono::hours(1)).value();
    const auto source = watcher->source();
    const std::uint64_t before = source->version();
    certificates.make("a", {"b"});
    watcher->lookNow();
    QTRY_VERIFY(source->version() != before);
  }

  void keepsTheOldOneWhereTheNewIsNoGood() {
    const Certificates certificates;
    const CertificateFiles files = certificates.make("a", {"a.example.com"});
    const CertificateFiles other = certificates.make("b", {"a.example.com"});
    auto follower = CertificateFollower::open({files}).value();
    const auto before = follower.source()->current();
    fs::copy_file(other.certificate, files.certificate, fs::copy_options::overwrite_existing);
    QVERIFY(follower.look().has_value());
    const auto broken = follower.look();
    QVERIFY(!broken);
    QVERIFY(broken.error().detail.find("a.crt") != std::string::npos);
    QVERIFY(follower.source()->current() == before);
    // Said once, not with every look.
    QVERIFY(follower.look().has_value());
    // Its key makes it whole.
    fs::copy_file(other.key, files.key, fs::copy_options::overwrite_existing);
    QVERIFY(follower.look().has_value());
    QVERIFY(follower.look().has_value());
    QVERIFY(follower.source()->current() != before);
    QVERIFY(shows(follower.source()->current(), other, "a.example.com"));
  }

  void aFileThatIsGoneIsAChangeToo() {
    const Certificates certificates;
    const CertificateFiles files = certificates.make("a", {"a"});
    auto follower = CertificateFollower::open({files}).value();
    const auto before = follower.source()->current();
    fs::remove(files.key);
    QVERIFY(follower.look().has_value());
    const auto gone = follower.look();
    QVERIFY(!gone);
    QVERIFY(gone.error().detail.find("a.key") != std::string::npos);
    QVERIFY(follower.source()->current() == before);
  }

  void followsALinkThatIsSwitched() {
    const Certificates certificates;
    const CertificateFiles one = certificates.make("one", {"a.example.com"});
    const CertificateFiles two = certificates.make("two", {"a.example.com"});
    fs::last_write_time(two.certificate, fs::last_write_time(one.certificate));
    fs::last_write_time(two.key, fs::last_write_time(one.key));
    const CertificateFiles link = certificates.at("link");
    const auto pointTo = [&](const CertificateFiles& files) {
      for (auto [from, to] : {std::pair{link.certificate, files.certificate}, {link.key, files.key}}) {
        fs::remove(from);
        fs::create_symlink(to, from);
      }
    };
    pointTo(one);
    auto follower = CertificateFollower::open({link}).value();
    pointTo(two);
    QVERIFY(follower.look().has_value());
    QVERIFY(follower.look().has_value());
    QVERIFY(shows(follower.source()->current(), two, "a.example.com"));
  }

  void renewsTicketsAndNothingElse() {
    const Certificates certificates;
    const CertificateFiles files = certificates.make("a", {"a.example.com"});
    auto follower = CertificateFollower::open({files}).value();
    const auto before = follower.source()->current();
    follower.renewTickets();
    const auto after = follower.source()->current();
    QVERIFY(after->ticketKey("a", 0) != before->ticketKey("a", 0));
    QCOMPARE(after->credentials(0, ""), before->credentials(0, ""));
    QVERIFY(shows(after, files, "a.example.com"));
  }

  void aConnectionOutlivesItsCertificate() {
    const Certificates certificates;
    const CertificateFiles files = certificates.make("a", {"a.example.com"});
    auto follower = std::make_unique<CertificateFollower>(CertificateFollower::open({files}).value());
    TlsPairParams params;
    params.store = follower->source()->current();
    params.trust = TrustStore::fromFile(files.certificate).value();
    TlsPair f(params);
    params.store.reset();
    QVERIFY(f.secure());
    certificates.make("a", {"b.example.com"});
    QVERIFY(follower->look().has_value());
    QVERIFY(follower->look().has_value());
    follower.reset();
    f.client->sendCopy(asBytes("still here"));
    QVERIFY(runUntil(*f.loop, [&] { return f.right.received == "still here"; }));
  }

  void watchesFromItsOwnThread() {
    const Certificates certificates;
    const CertificateFiles files = certificates.make("a", {"a"});
    auto watcher = CertificateWatcher::start({files}, std::chrono::milliseconds(5)).value();
    const auto source = watcher->source();
    const std::uint64_t before = source->version();
    certificates.make("a", {"b"});
    QTRY_VERIFY(source->version() != before);
    watcher.reset();
    QVERIFY(source->current() != nullptr);
    const auto missing = CertificateWatcher::start({certificates.at("none")});
    QVERIFY(!missing);
    QVERIFY(missing.error().detail.find("none.") != std::string::npos);
  }

 private:
  static bool shows(const std::shared_ptr<const CertificateStore>& store, const CertificateFiles& files,
                    const std::string& name) {
    TlsPairParams params;
    params.store = store;
    params.trust = TrustStore::fromFile(files.certificate).value();
    params.serverName = name;
    TlsPair f(params);
    return f.secure();
  }
};

QTEST_GUILESS_MAIN(CertificateWatcherTest)
#include "certificate_watcher_test.moc"
