// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include <QtTest>

#include "core/tls/certificate_issuer.h"
#include "core/tls/self_signed.h"
#include "tests/core/tls/tls_test_support.h"

using namespace adit;
using namespace adit::tls;
using namespace adit::tls::test;

namespace fs = std::filesystem;

namespace {

/// Why a client that believes `files` and asks for `name` does not get through to a server that shows them;
/// empty where it does.
std::string problemAs(const char* name, const CertificateFiles& files) {
  TlsPairParams params;
  params.store = CertificateStore::load({&files, 1}).value();
  params.trust = TrustStore::fromFile(files.certificate).value();
  params.serverName = name;
  TlsPair pair(params);
  return pair.secure() ? std::string() : "not secure: " + pair.left.lastError.detail;
}

}  // namespace

class CertificateStoreTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void choosesByName_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("index");
    QTest::newRow("none") << "" << 0;
    QTest::newRow("the first") << "first.example" << 0;
    QTest::newRow("exact") << "b.example.com" << 1;
    QTest::newRow("exact, in capitals") << "B.EXAMPLE.COM" << 1;
    QTest::newRow("exact, with a final dot") << "b.example.com." << 1;
    QTest::newRow("wildcard") << "anything.example.com" << 2;
    QTest::newRow("the second name of a certificate") << "other.net" << 2;
    QTest::newRow("a wildcard is for one label") << "x.anything.example.com" << 0;
    QTest::newRow("a wildcard is not for its parent") << "example.com" << 0;
    QTest::newRow("exact before wildcard") << "late.example.com" << 3;
    QTest::newRow("unknown") << "nobody.knows" << 0;
    QTest::newRow("no first label") << ".example.com" << 0;
    QTest::newRow("the wildcard itself") << "*.example.com" << 2;
    QTest::newRow("only a dot") << "." << 0;
    QTest::newRow("far too long") << QString(5000, 'x') << 0;
  }
  void choosesByName() {
    QFETCH(QString, name);
    QFETCH(int, index);
    const Certificates certificates;
    const std::vector<CertificateFiles> files{certificates.make("first", {"first.example"}),
                                              certificates.make("b", {"b.example.com"}),
                                              certificates.make("wild", {"*.example.com", "other.net"}),
                                              certificates.make("late", {"late.example.com"})};
    const auto store = CertificateStore::load(files).value();
    QCOMPARE(store->choose(name.toStdString()), static_cast<std::size_t>(index));
  }

  void showsWhatItChose() {
    const Certificates certificates;
    const std::vector<CertificateFiles> files{certificates.make("a", {"a.example.com"}),
                                              certificates.make("b", {"b.example.com"})};
    TlsPairParams params;
    params.store = CertificateStore::load(files).value();
    params.trust = TrustStore::fromFile(files[1].certificate).value();
    params.serverName = "b.example.com";
    TlsPair f(params);
    QVERIFY2(f.secure(), f.left.lastError.detail.c_str());
    QCOMPARE(f.server->serverName(), std::string_view("b.example.com"));
  }

  void ticketKeysBelongToOneHost() {
    const Certificates certificates;
    const std::vector<CertificateFiles> files{certificates.make("a", {"*.example.com"}),
                                              certificates.make("b", {"*.example.net"})};
    const auto store = CertificateStore::load(files).value();
    const TicketKey key = store->ticketKey("x.example.com", 0);
    QVERIFY(key == store->ticketKey("X.example.com.", 0));
    QVERIFY(key != store->ticketKey("y.example.com", 0));
    QVERIFY(key != store->ticketKey("", 0));
    QVERIFY(key != store->ticketKey("x.example.com", 1));
    QVERIFY(key != TicketKey{});
    // Read again, the same certificate keeps its tickets; a new one or a new secret ends them.
    QVERIFY(key == store->reload(files).value()->ticketKey("x.example.com", 0));
    QVERIFY(key != store->withNewTickets()->ticketKey("x.example.com", 0));
    QVERIFY(key != CertificateStore::load(files).value()->ticketKey("x.example.com", 0));
    certificates.make("a", {"*.example.com"});
    QVERIFY(key != store->reload(files).value()->ticketKey("x.example.com", 0));
  }

  void keysOfDifferentKindsServeTheSameName() {
    const Certificates certificates;
    const CertificateFiles ecdsa = certificates.make("ec", {"a.example.com"});
    const CertificateFiles rsa = certificates.at("rsa");
    makeRsa(rsa, "a.example.com");
    const std::vector<CertificateFiles> files{ecdsa, rsa};
    const auto store = CertificateStore::load(files).value();
    QCOMPARE(store->choose("a.example.com"), std::size_t{0});
    gnutls_x509_crt_t* chain = nullptr;
    unsigned count = 0;
    QCOMPARE(gnutls_certificate_get_x509_crt(store->credentials(0, "").get(), 1, &chain, &count), 0);
    QCOMPARE(gnutls_x509_crt_get_pk_algorithm(chain[0], nullptr), int{GNUTLS_PK_RSA});
    for (unsigned i = 0; i < count; ++i) gnutls_x509_crt_deinit(chain[i]);
    gnutls_free(chain);
  }

  void refusesWhatIsNoGood() {
    const Certificates certificates;
    const CertificateFiles good = certificates.make("good", {"a"});
    const CertificateFiles other = certificates.make("other", {"a"});
    const auto complaint = [](const CertificateFiles& files) {
      const auto store = CertificateStore::load({&files, 1});
      return store ? std::string() : store.error().detail;
    };
    const auto names = [&](const CertificateFiles& files, std::string_view part) {
      return complaint(files).find(part) != std::string::npos;
    };
    QVERIFY(complaint(good).empty());
    QVERIFY(names({good.certificate, other.key}, "good.crt"));
    QVERIFY(names({good.certificate, other.key}, "other.key"));
    QVERIFY(names({good.certificate, certificates.at("none").key}, "none.key"));
    QVERIFY(names({certificates.at("none").certificate, good.key}, "none.crt"));
    QVERIFY(names({good.key, good.key}, "holds no certificate"));
    QVERIFY(names({good.certificate, copyOf(good.certificate, 0600)}, "holds no private key"));
    fs::permissions(good.key, fs::perms::others_read, fs::perm_options::add);
    QVERIFY(names(good, "good.key"));
    const auto refused = CertificateStore::load({&good, 1});
    QVERIFY(!refused);
    QVERIFY(refused.error().code == ErrorCode::InsecurePermissions);
    QVERIFY(!CertificateStore::load({}));
  }

  void knowsForWhomNoAuthorityVouches() {
    const Certificates certificates;
    CertificateRequest request;
    request.lifetime = std::chrono::hours(24);
    request.commonName = "authority";
    const auto authority = makeSelfSigned(request).value();
    request.commonName = "signed";
    const std::vector<std::string> names{"signed.example"};
    request.dnsNames = names;
    const auto pair = makeSelfSigned(request).value();
    QCOMPARE(gnutls_x509_crt_sign2(pair.chain.front().get(), authority.chain.front().get(),
                                   authority.key.get(), GNUTLS_DIG_SHA256, 0),
             0);
    const CertificateFiles signedFiles = certificates.at("signed");
    QVERIFY(storeKeyPair(pair, signedFiles.certificate, signedFiles.key).has_value());
    const std::vector<CertificateFiles> files{signedFiles, certificates.make("own", {"own.example"})};
    const auto store = CertificateStore::load(files).value();
    QVERIFY(!store->isSelfSigned(store->choose("signed.example")));
    QVERIFY(store->isSelfSigned(store->choose("own.example")));
    QVERIFY(CertificateStore::selfSigned(names).value()->isSelfSigned(0));
  }

  void oneFileMayHoldBoth() {
    const Certificates certificates;
    const CertificateFiles apart = certificates.make("apart", {"a"});
    const CertificateFiles both{certificates.at("both").key, certificates.at("both").key};
    std::ofstream out(both.key);
    out << std::ifstream(apart.key).rdbuf() << std::ifstream(apart.certificate).rdbuf();
    out.close();
    fs::permissions(both.key, fs::perms::owner_read | fs::perms::owner_write);
    const auto store = CertificateStore::load({&both, 1});
    QVERIFY2(store.has_value(), store ? "" : store.error().detail.c_str());
  }

  void makesItsOwnOnce() {
    const QTemporaryDir directory;
    const fs::path root = directory.path().toStdString();
    const auto made = ensureSelfSigned(root, "t.example.com");
    QVERIFY(made.has_value());
    QCOMPARE(static_cast<int>(fs::status(made->key).permissions()), 0600);
    const auto before = fs::last_write_time(made->certificate);
    QVERIFY(ensureSelfSigned(root, "t.example.com").value() == *made);
    QVERIFY(fs::last_write_time(made->certificate) == before);
    for (const char* name : {"t.example.com", "shop.t.example.com"})
      QCOMPARE(problemAs(name, *made), std::string());
    // Another domain needs another certificate.
    const std::string text = content(made->certificate);
    QVERIFY(ensureSelfSigned(root, "u.example.com").has_value());
    QVERIFY(content(made->certificate) != text);
    // A damaged one is not thrown away silently.
    std::ofstream(made->key) << "damaged";
    const auto damaged = ensureSelfSigned(root, "u.example.com");
    QVERIFY(!damaged);
    QVERIFY(damaged.error().detail.find("https.key") != std::string::npos);
  }

  void itsOwnServesFromWhereNothingCanBeWritten() {
    const QTemporaryDir directory;
    const fs::path root = directory.path().toStdString();
    const auto made = ensureSelfSigned(root, "t.example.com");
    QVERIFY(made.has_value());
    fs::remove(root / "https.lock");
    fs::create_directory(root / "https.lock");  // as good as a read-only file system
    const auto again = ensureSelfSigned(root, "t.example.com");
    QVERIFY2(again && *again == *made, again ? "" : again.error().detail.c_str());
    QVERIFY(!ensureSelfSigned(root, "u.example.com").has_value());
  }

  void itsOwnIsForLoopbackToo() {
    const QTemporaryDir directory;
    const auto made = ensureSelfSigned(directory.path().toStdString(), "localhost");
    QVERIFY(made.has_value());
    for (const char* name : {"localhost", "127.0.0.1", "::1"})
      QCOMPARE(problemAs(name, *made), std::string());
  }

  void namesBelowADomainWithoutADotHaveTheirOwn() {
    const QTemporaryDir directory;
    const auto made = ensureSelfSigned(directory.path().toStdString(), "localhost");
    QVERIFY(made.has_value());
    const auto store = CertificateStore::load({&*made, 1}).value();
    for (const char* name : {"shop.localhost", "Other.LocalHost.", "a-1.localhost"}) {
      TlsPairParams params;
      params.store = store;
      params.trust = TrustStore::fromFile(made->certificate).value();
      params.serverName = name;
      TlsPair f(params);
      QVERIFY2(f.secure(), f.left.lastError.detail.c_str());
    }
    // One a name, whoever asks; a reload of the same files changes nothing for visitors.
    const auto shop = store->credentials(0, "shop.localhost");
    QVERIFY(namesShown(shop) == std::vector<std::string>{"shop.localhost"});
    QVERIFY(store->credentials(0, "SHOP.localhost.") == shop);
    QVERIFY(store->withNewTickets()->credentials(0, "shop.localhost") == shop);
    QVERIFY(store->credentials(0, "other.localhost") != shop);
    const auto reloaded = store->reload({&*made, 1}).value();
    QVERIFY(namesShown(reloaded->credentials(0, "shop.localhost")) ==
            std::vector<std::string>{"shop.localhost"});
    // Everybody else sees the authority's own.
    const auto own = store->credentials(0, "");
    for (const char* name : {"a.b.localhost", "example.com", "xlocalhost", ".localhost", "*.localhost",
                             "x_y.localhost", "localhost.example.com"})
      QVERIFY2(store->credentials(0, name) == own, name);
    QVERIFY(store->credentials(0, std::string(64, 'x') + ".localhost") == own);
    QVERIFY(store->credentials(0, std::string(63, 'x') + ".localhost") != own);
  }

  void namesThatAreAskedForDoNotAddUp() {
    const QTemporaryDir directory;
    const auto made = ensureSelfSigned(directory.path().toStdString(), "localhost");
    const auto store = CertificateStore::load({&*made, 1}).value();
    const std::weak_ptr<gnutls_certificate_credentials_st> first = store->credentials(0, "first.localhost");
    const std::weak_ptr<gnutls_certificate_credentials_st> last = store->credentials(0, "last.localhost");
    for (std::size_t i = 0; i + 1 < CertificateIssuer::kMaxNames; ++i)
      QVERIFY(store->credentials(0, fmt::format("n{}.localhost", i)) != nullptr);
    QVERIFY(first.expired());
    QVERIFY(!last.expired());
    QVERIFY(namesShown(store->credentials(0, "first.localhost")) ==
            std::vector<std::string>{"first.localhost"});
  }

  void anAuthorityOfOursSignsForItsDomainOnly() {
    const QTemporaryDir directory;
    const auto made = ensureSelfSigned(directory.path().toStdString(), "localhost");
    auto authority = loadKeyPair(made->certificate, made->key);
    QVERIFY(authority.has_value());
    const auto key = makeKey();
    const std::string name = "bank.example.com";
    CertificateRequest request;
    request.commonName = name;
    request.dnsNames = {&name, 1};
    request.lifetime = std::chrono::hours(24);
    const auto forged = issueCertificate(request, key->get(), *authority);
    QVERIFY(forged.has_value());
    gnutls_x509_trust_list_t list = nullptr;
    gnutls_x509_trust_list_init(&list, 0);
    gnutls_x509_crt_t root = authority->chain.front().get();
    gnutls_x509_trust_list_add_cas(list, &root, 1, 0);
    gnutls_x509_crt_t leaf = forged->get();
    unsigned status = 0;
    QCOMPARE(gnutls_x509_trust_list_verify_crt(list, &leaf, 1, 0, &status, nullptr), 0);
    QVERIFY(status != 0);
    gnutls_x509_trust_list_deinit(list, 0);
    // Domains with a dot have wildcards, and no authority.
    QVERIFY(ensureSelfSigned(directory.path().toStdString(), "t.example.com")->issuesFor.empty());
  }

  void aSourceGivesTheNewest() {
    const auto first = friendly().store, second = friendly().store;
    CertificateSource source(first);
    const std::uint64_t version = source.version();
    QVERIFY(source.current() == first);
    source.publish(second);
    QVERIFY(source.version() != version);
    QVERIFY(source.current() == second);
  }

 private:
  /// The DNS names of the certificate that credentials show.
  static std::vector<std::string> namesShown(const SharedCredentials& credentials) {
    gnutls_x509_crt_t* chain = nullptr;
    unsigned count = 0;
    if (gnutls_certificate_get_x509_crt(credentials.get(), 0, &chain, &count) != 0) return {};
    std::vector<std::string> names;
    for (unsigned i = 0;; ++i) {
      std::array<char, 256> name{};
      std::size_t size = name.size();
      const int type = gnutls_x509_crt_get_subject_alt_name(chain[0], i, name.data(), &size, nullptr);
      if (type != GNUTLS_SAN_DNSNAME) break;
      names.emplace_back(name.data(), size);
    }
    for (unsigned i = 0; i < count; ++i) gnutls_x509_crt_deinit(chain[i]);
    gnutls_free(chain);
    return names;
  }

  static std::string content(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static fs::path copyOf(const fs::path& file, int mode) {
    fs::path copy = file;
    copy += ".copy";
    fs::copy_file(file, copy, fs::copy_options::overwrite_existing);
    fs::permissions(copy, static_cast<fs::perms>(mode));
    return copy;
  }

  static void makeRsa(const CertificateFiles& files, const std::string& name) {
    gnutls_x509_privkey_t key = nullptr;
    gnutls_x509_crt_t certificate = nullptr;
    QCOMPARE(gnutls_x509_privkey_init(&key), 0);
    QCOMPARE(gnutls_x509_crt_init(&certificate), 0);
    KeyPair pair{PrivateKeyHandle(key), {}};
    pair.chain.emplace_back(certificate);
    QCOMPARE(gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0), 0);
    gnutls_x509_crt_set_version(certificate, 3);
    gnutls_x509_crt_set_serial(certificate, "\x01", 1);
    gnutls_x509_crt_set_activation_time(certificate, std::time(nullptr) - 60);
    gnutls_x509_crt_set_expiration_time(certificate, std::time(nullptr) + 3600);
    gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name.data(),
                                         static_cast<unsigned>(name.size()), GNUTLS_FSAN_SET);
    gnutls_x509_crt_set_key(certificate, key);
    QCOMPARE(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), 0);
    QVERIFY(storeKeyPair(pair, files.certificate, files.key).has_value());
  }
};

QTEST_GUILESS_MAIN(CertificateStoreTest)
#include "certificate_store_test.moc"
