// SPDX-License-Identifier: Apache-2.0
// The server's side of TLS against a GnuTLS client that does what ours never would.
#include <cerrno>
#include <cstring>

#include <QtTest>

#include "core/tls/tls_engine.h"
#include "tests/core/tls/tls_test_support.h"

using namespace adit;
using namespace adit::tls;
using namespace adit::tls::test;

namespace {

/// A client session whose wire is two strings.
class RawClient {
 public:
  RawClient(const std::string& priorities, std::string_view serverName) {
    gnutls_session_t session = nullptr;
    gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    m_session.reset(session);
    gnutls_priority_set_direct(session, priorities.c_str(), nullptr);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, m_trust->credentials());
    if (!serverName.empty())
      gnutls_server_name_set(session, GNUTLS_NAME_DNS, serverName.data(), serverName.size());
    gnutls_transport_set_ptr(session, this);
    gnutls_transport_set_push_function(
        session, [](gnutls_transport_ptr_t self, const void* data, std::size_t size) -> ssize_t {
          static_cast<RawClient*>(self)->out.append(static_cast<const char*>(data), size);
          return static_cast<ssize_t>(size);
        });
    gnutls_transport_set_pull_function(
        session, [](gnutls_transport_ptr_t self, void* room, std::size_t size) -> ssize_t {
          return static_cast<RawClient*>(self)->pull(room, size);
        });
    gnutls_transport_set_pull_timeout_function(session, [](gnutls_transport_ptr_t self, unsigned) {
      return static_cast<RawClient*>(self)->in.empty() ? 0 : 1;
    });
  }
  [[nodiscard]] gnutls_session_t session() const { return m_session.get(); }
  std::string in, out;

 private:
  ssize_t pull(void* room, std::size_t size) {
    const std::size_t count = std::min(size, in.size());
    if (count == 0) {
      gnutls_transport_set_errno(m_session.get(), EAGAIN);
      return -1;
    }
    std::memcpy(room, in.data(), count);
    in.erase(0, count);
    return static_cast<ssize_t>(count);
  }
  std::shared_ptr<const TrustStore> m_trust = TrustStore::insecure().value();
  SessionHandle m_session;
};

constexpr const char* kPlain = "NORMAL";
constexpr const char* kTls12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2";

struct Pair final : private TlsEngine::Output {
  SlabPool pool;
  SlabWriter writer{pool};
  RawClient client;
  std::unique_ptr<TlsEngine> server;
  Error lastError;
  std::string plaintext;
  std::size_t sent = 0;

  explicit Pair(const std::string& priorities = kPlain, std::string_view serverName = "a.example.com")
      : client(priorities, serverName) {
    const std::vector<std::string> names{"a.example.com"};
    server = TlsEngine::server(CertificateStore::selfSigned(names).value(), {}).value();
    server->setOutput(this);
  }
  void onCiphertext(ByteView bytes) override {
    sent += bytes.size();
    client.in.append(asText(bytes));
  }
  void deliver(std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kSlabSize)))
      server->receive(writer.copy(asBytes(bytes.substr(0, kSlabSize))));
  }
  /// Both ends until they are done; false where one refused.
  bool handshake() {
    bool clientDone = false, serverDone = false;
    for (int i = 0; i < 20 && !(clientDone && serverDone); ++i) {
      if (!clientDone) {
        const int rv = gnutls_handshake(client.session());
        if (rv < 0 && gnutls_error_is_fatal(rv) != 0) return false;
        clientDone = rv == 0;
      }
      deliver(std::exchange(client.out, {}));
      if (serverDone) continue;
      const auto done = server->handshake();
      if (!done) {
        lastError = done.error();
        return false;
      }
      serverDone = *done;
    }
    return clientDone && serverDone;
  }
  /// What the client has sent, read by the server; false where it refused.
  bool read() {
    deliver(std::exchange(client.out, {}));
    std::array<std::uint8_t, 16 * 1024> room;
    while (true) {
      const auto got = server->read(room);
      if (!got) {
        lastError = got.error();
        return false;
      }
      if (got->progress != TlsEngine::Progress::Data) return true;
      plaintext.append(reinterpret_cast<const char*>(room.data()), got->count);
    }
  }
  void say(std::string_view text) { gnutls_record_send(client.session(), text.data(), text.size()); }
};

}  // namespace

class TlsEngineTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void speaksToAStranger_data() {
    QTest::addColumn<QString>("priorities");
    QTest::newRow("TLS 1.3") << kPlain;
    QTest::newRow("TLS 1.2") << kTls12;
    QTest::newRow("another group first: a second ClientHello")
        << "NORMAL:-GROUP-ALL:+GROUP-FFDHE2048:+GROUP-SECP256R1:-VERS-ALL:+VERS-TLS1.3";
    QTest::newRow("ChaCha20") << "NORMAL:-CIPHER-ALL:+CHACHA20-POLY1305";
    QTest::newRow("P-384") << "NORMAL:-GROUP-ALL:+GROUP-SECP384R1";
  }
  void speaksToAStranger() {
    QFETCH(QString, priorities);
    Pair f(priorities.toStdString());
    QVERIFY2(f.handshake(), f.lastError.detail.c_str());
    f.say("hello");
    QVERIFY(f.read());
    QCOMPARE(f.plaintext, std::string("hello"));
    QCOMPARE(f.server->serverName(), std::string("a.example.com"));
  }

  void refusesWhatIsNotSafe_data() {
    QTest::addColumn<QString>("priorities");
    QTest::newRow("TLS 1.1") << "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0:%VERIFY_ALLOW_SIGN_WITH_SHA1";
    QTest::newRow("CBC") << "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+AES-256-CBC";
    QTest::newRow("no forward secrecy") << "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA";
    QTest::newRow("anonymous") << "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH";
  }
  void refusesWhatIsNotSafe() {
    QFETCH(QString, priorities);
    Pair f(priorities.toStdString());
    QVERIFY(!f.handshake());
  }

  void takesAFewKeyUpdates() {
    Pair f;
    QVERIFY(f.handshake());
    for (int i = 0; i < 4; ++i) {
      QCOMPARE(gnutls_session_key_update(f.client.session(), GNUTLS_KU_PEER), 0);
      f.say("x");
    }
    QVERIFY2(f.read(), f.lastError.detail.c_str());
    QCOMPARE(f.plaintext, std::string("xxxx"));
    // The other direction got new keys as well.
    QVERIFY(f.server->write(asBytes("answer")).has_value());
    std::array<char, 100> room;
    ssize_t got = GNUTLS_E_AGAIN;
    for (int i = 0; i < 20 && got == GNUTLS_E_AGAIN; ++i)  // it stops after tickets and key updates
      got = gnutls_record_recv(f.client.session(), room.data(), room.size());
    QCOMPARE(got, ssize_t{6});
  }

  void aFloodOfKeyUpdatesIsRefused() {
    Pair f;
    QVERIFY(f.handshake());
    for (int i = 0; i < 1000; ++i) gnutls_session_key_update(f.client.session(), 0);
    QVERIFY(!f.read());
    QVERIFY(f.lastError.code == ErrorCode::ProtocolViolation || f.lastError.code == ErrorCode::LimitExceeded);
  }

  void aFloodOfNothingIsRefused() {
    // Records without data, made by padding alone, are legal in TLS 1.3 (RFC 8446 section 5.4).
    Pair f;
    QVERIFY(f.handshake());
    bool refused = false;
    for (int i = 0; i < 400 && !refused; ++i) {
      gnutls_record_send2(f.client.session(), "", 0, 1000, 0);
      refused = !f.read();
    }
    if (!refused) QSKIP("this GnuTLS sends no empty records");
    QVERIFY(f.lastError.code == ErrorCode::LimitExceeded || f.lastError.code == ErrorCode::ProtocolViolation);
  }

  void aNewHandshakeIsRefused() {
    Pair f(kTls12);
    QVERIFY(f.handshake());
    QCOMPARE(gnutls_handshake(f.client.session()), int{GNUTLS_E_AGAIN});
    QVERIFY(!f.read());
    QVERIFY(f.lastError.code == ErrorCode::ProtocolViolation);
  }

  void aDamagedRecordIsRefused() {
    Pair f;
    QVERIFY(f.handshake());
    f.say("a message");
    f.client.out.back() = static_cast<char>(f.client.out.back() ^ 1);
    QVERIFY(!f.read());
    QVERIFY(f.plaintext.empty());
    QVERIFY(f.lastError.code == ErrorCode::ProtocolViolation);
  }

  void aNameThatIsNoneIsRefused_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::newRow("with a zero") << QByteArray("a\0example.com", 13);
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("longer than its place") << QByteArray(300, 'a');
  }
  void aNameThatIsNoneIsRefused() {
    QFETCH(QByteArray, name);
    // The hello of a client that asks for a name of the same length, with this one in its place.
    const std::string placeholder(name.isEmpty() ? 13 : static_cast<std::size_t>(name.size()), 'q');
    Pair f(kPlain, placeholder.size() <= 255 ? placeholder : std::string(200, 'q'));
    gnutls_handshake(f.client.session());
    std::string hello = std::exchange(f.client.out, {});
    const std::size_t at = hello.find("qqqqqqqqqqqqq");
    if (placeholder.size() > 255) {
      // One byte more than the extension has.
      hello[at - 1] = static_cast<char>(hello[at - 1] + 1);
    } else if (name.isEmpty()) {
      hello[at - 2] = hello[at - 1] = 0;
    } else {
      hello.replace(at, placeholder.size(), name.toStdString());
    }
    f.deliver(hello);
    QVERIFY(!f.server->handshake());
    QVERIFY(f.server->serverName().empty());
  }

  void namesAreCanonical_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("plain") << QByteArray("a.example.com") << QByteArray("a.example.com");
    QTest::newRow("capitals") << QByteArray("A.EXAMPLE.com") << QByteArray("a.example.com");
    QTest::newRow("final dot") << QByteArray("a.example.com.") << QByteArray("a.example.com");
    QTest::newRow("none") << QByteArray() << QByteArray();
  }
  void namesAreCanonical() {
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, expected);
    Pair f(kPlain, name.toStdString());
    QVERIFY(f.handshake());
    QCOMPARE(f.server->serverName(), expected.toStdString());
  }
};

QTEST_GUILESS_MAIN(TlsEngineTest)
#include "tls_engine_test.moc"
