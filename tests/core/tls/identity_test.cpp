// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include <QTemporaryDir>
#include <QtTest>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "core/tls/identity.h"

using namespace adit;
using tls::Identity;
using tls::Pin;

namespace fs = std::filesystem;

class IdentityTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void makesDistinctKeys();
  void certificateIsWhatItSays();
  void keepsItsKey();
  void keyFileIsSecret();
  void refusesAKeyOthersCanRead();
  void refusesDamagedFiles();
  void refusesAForeignCertificate();
  void missingCertificateIsNamed();
  void keylessCertificateIsReplaced();
  void refusesOddNames();
  void unwritableDirectoryIsNamed();
  void pinsInText();
  void refusesOddPins_data();
  void refusesOddPins();

 private:
  [[nodiscard]] static fs::path path(const QTemporaryDir& dir) { return dir.path().toStdString(); }
};

void IdentityTest::makesDistinctKeys() {
  const auto a = Identity::generate("a"), b = Identity::generate("a");
  QVERIFY(a.has_value());
  QVERIFY(b.has_value());
  QVERIFY((*a)->pin() != (*b)->pin());
  QVERIFY((*a)->credentials() != nullptr);
}

void IdentityTest::certificateIsWhatItSays() {
  const auto made = Identity::generate("t.example.com").value();
  gnutls_x509_crt_t* chain = nullptr;
  unsigned count = 0;
  QCOMPARE(gnutls_certificate_get_x509_crt(made->credentials(), 0, &chain, &count), 0);
  QCOMPARE(count, 1U);
  char name[64] = {};
  std::size_t size = sizeof name;
  QCOMPARE(gnutls_x509_crt_get_dn_by_oid(chain[0], GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size), 0);
  QCOMPARE(std::string(name), std::string("t.example.com"));
  QCOMPARE(gnutls_x509_crt_get_pk_algorithm(chain[0], nullptr), int{GNUTLS_PK_ECDSA});
  const std::time_t now = std::time(nullptr);
  QVERIFY(gnutls_x509_crt_get_activation_time(chain[0]) <= now);
  QVERIFY(gnutls_x509_crt_get_expiration_time(chain[0]) > now + 9LL * 365 * 24 * 3600);
  Pin pin;
  size = pin.sha256.size();
  QCOMPARE(gnutls_x509_crt_get_key_id(chain[0], GNUTLS_KEYID_USE_SHA256, pin.sha256.data(), &size), 0);
  QVERIFY(pin == made->pin());
  gnutls_x509_crt_deinit(chain[0]);
  gnutls_free(chain);
}

void IdentityTest::keepsItsKey() {
  const QTemporaryDir dir;
  const auto first = Identity::loadOrCreate(path(dir) / "new" / "deeper", "server", "x");
  QVERIFY2(first.has_value(), first ? "" : first.error().describe().c_str());
  const auto second = Identity::loadOrCreate(path(dir) / "new" / "deeper", "server", "another name");
  QVERIFY(second.has_value());
  QVERIFY((*first)->pin() == (*second)->pin());
  const auto other = Identity::loadOrCreate(path(dir) / "new" / "deeper", "client", "x");
  QVERIFY((*first)->pin() != (*other)->pin());
}

void IdentityTest::keyFileIsSecret() {
  const QTemporaryDir dir;
  QVERIFY(Identity::loadOrCreate(path(dir), "server", "x").has_value());
  const auto mode = fs::status(path(dir) / "server.key").permissions();
  QVERIFY((mode & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
}

void IdentityTest::refusesAKeyOthersCanRead() {
  const QTemporaryDir dir;
  QVERIFY(Identity::loadOrCreate(path(dir), "server", "x").has_value());
  fs::permissions(path(dir) / "server.key", fs::perms::others_read, fs::perm_options::add);
  const auto loaded = Identity::loadOrCreate(path(dir), "server", "x");
  QVERIFY(!loaded.has_value());
  QVERIFY(loaded.error().code == ErrorCode::InsecurePermissions);
  QVERIFY(loaded.error().detail.find("server.key") != std::string::npos);
}

void IdentityTest::refusesDamagedFiles() {
  const QTemporaryDir dir;
  QVERIFY(Identity::loadOrCreate(path(dir), "server", "x").has_value());
  std::ofstream(path(dir) / "server.crt", std::ios::trunc) << "not a certificate";
  auto loaded = Identity::loadOrCreate(path(dir), "server", "x");
  QVERIFY(loaded.error().code == ErrorCode::Malformed);
  QVERIFY(loaded.error().detail.find("server.crt") != std::string::npos);
  std::ofstream(path(dir) / "server.key", std::ios::trunc) << "-----BEGIN PRIVATE KEY-----\nAAAA\n";
  loaded = Identity::loadOrCreate(path(dir), "server", "x");
  QVERIFY(loaded.error().code == ErrorCode::Malformed);
  QVERIFY(loaded.error().detail.find("server.key") != std::string::npos);
}

void IdentityTest::refusesAForeignCertificate() {
  const QTemporaryDir dir;
  QVERIFY(Identity::loadOrCreate(path(dir), "a", "x").has_value());
  QVERIFY(Identity::loadOrCreate(path(dir), "b", "x").has_value());
  fs::copy_file(path(dir) / "b.crt", path(dir) / "a.crt", fs::copy_options::overwrite_existing);
  const auto loaded = Identity::loadOrCreate(path(dir), "a", "x");
  QVERIFY(!loaded.has_value());
  QVERIFY(loaded.error().code == ErrorCode::Malformed);
}

void IdentityTest::missingCertificateIsNamed() {
  const QTemporaryDir dir;
  QVERIFY(Identity::loadOrCreate(path(dir), "a", "x").has_value());
  fs::remove(path(dir) / "a.crt");
  // The key is what clients have pinned: never replaced silently.
  const auto loaded = Identity::loadOrCreate(path(dir), "a", "x");
  QVERIFY(loaded.error().code == ErrorCode::NotFound);
  QVERIFY(loaded.error().detail.find("a.crt") != std::string::npos);
}

void IdentityTest::keylessCertificateIsReplaced() {
  const QTemporaryDir dir;
  std::ofstream(path(dir) / "a.crt") << "half of an interrupted start";
  QVERIFY(Identity::loadOrCreate(path(dir), "a", "x").has_value());
  QVERIFY(Identity::loadOrCreate(path(dir), "a", "x").has_value());
}

void IdentityTest::refusesOddNames() {
  QVERIFY(Identity::generate("").error().code == ErrorCode::InvalidArgument);
  QVERIFY(Identity::generate(std::string(65, 'n')).error().code == ErrorCode::InvalidArgument);
  QVERIFY(Identity::generate(std::string(64, 'n')).has_value());
}

void IdentityTest::unwritableDirectoryIsNamed() {
  const QTemporaryDir dir;
  std::ofstream(path(dir) / "file") << "x";
  const auto made = Identity::loadOrCreate(path(dir) / "file" / "below", "server", "x");
  QVERIFY(!made.has_value());
  QVERIFY(made.error().detail.find("file") != std::string::npos);
}

void IdentityTest::pinsInText() {
  const auto made = Identity::generate("x").value();
  const std::string text = made->pin().toString();
  QVERIFY(text.starts_with("sha256:"));
  QCOMPARE(text.size(), std::size_t{7 + 43});
  QVERIFY(Pin::parse(text).value() == made->pin());
}

void IdentityTest::refusesOddPins_data() {
  QTest::addColumn<QString>("text");
  const QString good(QLatin1String("sha256:") + QString(43, QLatin1Char('A')));
  QTest::newRow("empty") << QString();
  QTest::newRow("no prefix") << QString(43, QLatin1Char('A'));
  QTest::newRow("another hash") << QStringLiteral("sha512:") + QString(43, QLatin1Char('A'));
  QTest::newRow("short") << good.chopped(1);
  QTest::newRow("long") << good + QLatin1Char('A');
  QTest::newRow("padding") << good + QLatin1Char('=');
  QTest::newRow("space") << good + QLatin1Char(' ');
  QTest::newRow("stray bits") << good.chopped(1) + QLatin1Char('B');
  QTest::newRow("upper case prefix") << QStringLiteral("SHA256:") + QString(43, QLatin1Char('A'));
  QVERIFY(Pin::parse(good.toStdString()).has_value());
}

void IdentityTest::refusesOddPins() {
  QFETCH(QString, text);
  const auto pin = Pin::parse(text.toStdString());
  QVERIFY(!pin.has_value());
  QVERIFY(pin.error().code == ErrorCode::Malformed);
}

QTEST_GUILESS_MAIN(IdentityTest)
#include "identity_test.moc"
