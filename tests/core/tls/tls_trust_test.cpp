// SPDX-License-Identifier: Apache-2.0
// Whom a client believes, and how a refusal reads.
#include <QtTest>

#include "tests/core/tls/tls_test_support.h"

using namespace adit;
using namespace adit::tls;
using namespace adit::tls::test;

namespace {
constexpr auto kDay = std::chrono::hours(24);
}

class TlsTrustTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void verifies_data() {
    QTest::addColumn<QString>("serverName");
    QTest::addColumn<QString>("complaint");
    QTest::newRow("the name") << "a.example.com"
                              << "";
    QTest::newRow("in another case") << "A.Example.COM"
                                     << "";
    QTest::newRow("with a final dot") << "a.example.com."
                                      << "";
    QTest::newRow("below a wildcard") << "any.wild.example"
                                      << "";
    QTest::newRow("an IPv4 address") << "127.0.0.1"
                                     << "";
    QTest::newRow("an IPv6 address") << "::1"
                                     << "";
    QTest::newRow("an IPv6 address in brackets") << "[::1]"
                                                 << "";
    QTest::newRow("another name") << "b.example.com"
                                  << "not for b.example.com";
    QTest::newRow("a name that ends like it") << "xa.example.com"
                                              << "not for";
    QTest::newRow("two labels below a wildcard") << "x.any.wild.example"
                                                 << "not for";
    QTest::newRow("the wildcard's parent") << "wild.example"
                                           << "not for";
    QTest::newRow("another address") << "127.0.0.2"
                                     << "not for 127.0.0.2";
  }
  void verifies() {
    QFETCH(QString, serverName);
    QFETCH(QString, complaint);
    const Certificates certificates;
    const std::string loopback4("\x7f\0\0\1", 4), loopback6 = std::string(15, '\0') + '\1';
    const CertificateFiles files =
        certificates.make("a", {"a.example.com", "*.wild.example"}, kDay, {loopback4, loopback6});
    TlsPairParams params;
    params.store = CertificateStore::load({&files, 1}).value();
    params.trust = TrustStore::fromFile(files.certificate).value();
    params.serverName = serverName.toStdString();
    TlsPair f(params);
    if (complaint.isEmpty()) {
      QVERIFY2(f.secure(), f.left.lastError.detail.c_str());
      return;
    }
    QVERIFY(runUntil(*f.loop, [&] { return f.left.errors == 1 && f.right.errors == 1; }));
    QCOMPARE(f.left.secured, 0);
    QVERIFY(f.left.lastError.code == ErrorCode::TlsFailure);
    QVERIFY2(f.left.lastError.detail.find(complaint.toStdString()) != std::string::npos,
             f.left.lastError.detail.c_str());
  }

  void strangersAreRefused() {
    const Certificates certificates;
    const CertificateFiles ours = certificates.make("ours", {"a.example.com"});
    const CertificateFiles theirs = certificates.make("theirs", {"a.example.com"});
    TlsPairParams params;
    params.store = CertificateStore::load({&theirs, 1}).value();
    params.trust = TrustStore::fromFile(ours.certificate).value();
    TlsPair f(params);
    QVERIFY(runUntil(*f.loop, [&] { return f.left.errors == 1; }));
    QVERIFY(f.left.lastError.detail.find("not signed by a trusted authority") != std::string::npos);
  }

  void theSystemTrustsNoSelfSignedOne() {
    auto trust = TrustStore::systemDefault();
    if (!trust) QSKIP("this system trusts nobody at all");
    TlsPairParams params = friendly();
    params.trust = *trust;
    TlsPair f(params);
    QVERIFY(runUntil(*f.loop, [&] { return f.left.errors == 1; }));
    QVERIFY(f.left.lastError.detail.find("not signed by a trusted authority") != std::string::npos);
  }

  void theTimeIsOver() {
    const Certificates certificates;
    const CertificateFiles files = certificates.make("old", {"a.example.com"}, std::chrono::hours(-1));
    TlsPairParams params;
    params.store = CertificateStore::load({&files, 1}).value();
    params.trust = TrustStore::fromFile(files.certificate).value();
    TlsPair f(params);
    QVERIFY(runUntil(*f.loop, [&] { return f.left.errors == 1; }));
    QVERIFY2(f.left.lastError.detail.find("has expired") != std::string::npos,
             f.left.lastError.detail.c_str());
  }

  void insecureBelievesAnybody() {
    TlsPairParams params = friendly({"somebody.else"});
    QVERIFY(!params.trust->verifies());
    TlsPair f(params);
    QVERIFY(f.secure());
  }

  void aBundleThatIsNoneIsNamed() {
    const QTemporaryDir directory;
    const std::filesystem::path file = std::filesystem::path(directory.path().toStdString()) / "ca.pem";
    const auto missing = TrustStore::fromFile(file);
    QVERIFY(!missing);
    QVERIFY(missing.error().detail.find("ca.pem") != std::string::npos);
    QFile out(QString::fromStdString(file.string()));
    QVERIFY(out.open(QIODevice::WriteOnly));
    out.write("no certificate\n");
    out.close();
    const auto empty = TrustStore::fromFile(file);
    QVERIFY(!empty);
    QVERIFY(empty.error().detail.find("ca.pem") != std::string::npos);
    QVERIFY(empty.error().code == ErrorCode::Malformed);
  }
};

QTEST_GUILESS_MAIN(TlsTrustTest)
#include "tls_trust_test.moc"
