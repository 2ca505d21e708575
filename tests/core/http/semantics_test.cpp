// SPDX-License-Identifier: Apache-2.0
// What an intermediary takes out of a message, and how it reads authorities.
#include <QTest>

#include <string>

#include "core/http/semantics.h"

using namespace adit::http;

namespace {

std::string join(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& field : fields) text += std::string(field.name) + "=" + std::string(field.value) + ";";
  return text;
}

std::string filtered(std::vector<Field> fields, Direction direction = Direction::Request) {
  removeHopByHop(fields, direction);
  return join(fields);
}

}  // namespace

class SemanticsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void knowsWhatAuthenticatesAConnection_data();
  void knowsWhatAuthenticatesAConnection();
  void removesWhatSpeaksOfOneHop();
  void removesWhatConnectionNames();
  void connectionMayNotNameEverything();
  void keepsTeTrailersOnly();
  void removesStrangersForwarding();
  void keepsForwardingOfResponses();
  void manyOptionsAreSafe();
  void worksInPlace();
  void forbiddenTrailers();
  void hosts_data();
  void hosts();
  void idempotence();
};

void SemanticsTest::removesWhatSpeaksOfOneHop() {
  QCOMPARE(filtered({{"Host", "a"},
                     {"Connection", "keep-alive"},
                     {"Keep-Alive", "timeout=5"},
                     {"proxy-connection", "close"},
                     {"Transfer-Encoding", "chunked"},
                     {"UPGRADE", "h2c"},
                     {"HTTP2-Settings", "x"},
                     {"Trailer", "X-Sum"},
                     {"Content-Length", "3"},
                     {"Accept", "*/*"}}),
           std::string("Host=a;Trailer=X-Sum;Content-Length=3;Accept=*/*;"));
  QCOMPARE(filtered({}), std::string());
}

void SemanticsTest::removesWhatConnectionNames() {
  QCOMPARE(filtered({{"X-Hop", "1"}, {"Connection", "close, x-hop"}, {"x-hop", "2"}, {"X-Hope", "3"}}),
           std::string("X-Hope=3;"));
  // In several fields, with empty members, in responses too, and whatever the order.
  QCOMPARE(filtered({{"A", "1"}, {"B", "2"}, {"C", "3"}, {"Connection", ",, a"}, {"connection", " b ,"}},
                    Direction::Response),
           std::string("C=3;"));
}

void SemanticsTest::connectionMayNotNameEverything() {
  std::vector<Field> fields = {
      {"Host", "a"},          {"Content-Length", "1"},   {"Content-Type", "b"}, {"Content-Encoding", "gzip"},
      {"Authorization", "c"}, {"Cookie", "d"},           {"Set-Cookie", "e"},   {"Via", "f"},
      {"Origin", "g"},        {"Sec-WebSocket-Key", "h"}};
  const std::string all = join(fields);
  std::string names;
  for (const Field& field : fields) names += std::string(field.name) + ",";
  fields.push_back({"Connection", names});
  QCOMPARE(filtered(fields), all);

  // Nor forwarding fields, which a proxy in front of a response may have set.
  const std::vector<Field> forwarded = {{"X-Forwarded-For", "1"},
                                        {"X-Forwarded-Anything", "2"},
                                        {"Connection", "x-forwarded-for, x-forwarded-anything"}};
  QCOMPARE(filtered(forwarded, Direction::Response),
           std::string("X-Forwarded-For=1;X-Forwarded-Anything=2;"));
}

void SemanticsTest::keepsTeTrailersOnly() {
  QCOMPARE(filtered({{"TE", "trailers"}, {"Connection", "TE"}}), std::string("TE=trailers;"));
  QCOMPARE(filtered({{"te", "gzip, Trailers"}}), std::string("te=trailers;"));
  QCOMPARE(filtered({{"TE", "gzip"}}), std::string());
  QCOMPARE(filtered({{"TE", "trailers"}}, Direction::Response), std::string());
}

void SemanticsTest::removesStrangersForwarding() {
  QCOMPARE(filtered({{"Forwarded", "for=1"},
                     {"X-Forwarded-For", "1"},
                     {"x-forwarded-host", "1"},
                     {"X-FORWARDED-PROTO", "1"},
                     {"X-Forwarded-Port", "1"},
                     {"X-Forwarded-Ssl", "on"},
                     {"X-Forwarded-Client-Cert", "1"},
                     {"X_Forwarded_For", "1"},
                     {"X-Forwarded_Host", "1"},
                     {"X-Real-IP", "1"},
                     {"x_real_ip", "1"},
                     {"Proxy", "http://evil.example"},
                     {"X-Forwarded", "kept"},
                     {"X-Forwarded-", "kept"},
                     {"Via", "1.1 x"}}),
           std::string("X-Forwarded=kept;X-Forwarded-=kept;Via=1.1 x;"));
}

void SemanticsTest::keepsForwardingOfResponses() {
  QCOMPARE(filtered({{"X-Forwarded-Host", "1"}, {"Proxy", "2"}}, Direction::Response),
           std::string("X-Forwarded-Host=1;Proxy=2;"));
}

void SemanticsTest::manyOptionsAreSafe() {
  // The parser refuses more than 32 options; this must merely be safe with more.
  std::string options = "a0";
  for (int i = 1; i < 100; ++i) options += ",a" + std::to_string(i);
  const std::string left = filtered({{"Connection", options}, {"a0", "x"}, {"a31", "x"}, {"b", "y"}});
  QCOMPARE(left, std::string("b=y;"));
}

void SemanticsTest::worksInPlace() {
  std::vector<Field> fields = {{"A", "1"}, {"Connection", "close"}, {"B", "2"}};
  const Field* const storage = fields.data();
  removeHopByHop(fields, Direction::Request);
  QCOMPARE(fields.data(), storage);
  QCOMPARE(join(fields), std::string("A=1;B=2;"));
}

void SemanticsTest::forbiddenTrailers() {
  for (const char* name : {"Transfer-Encoding",
                           "content-length",
                           "HOST",
                           "Trailer",
                           "Authorization",
                           "Set-Cookie",
                           "Cookie",
                           "Content-Type",
                           "Content-Encoding",
                           "Content-Range",
                           "Connection",
                           "Upgrade",
                           "Keep-Alive",
                           "TE",
                           "Expect",
                           "Cache-Control",
                           "Max-Forwards",
                           "Range",
                           "If-Match",
                           "X-Forwarded-For",
                           "X_Real_IP",
                           "Forwarded",
                           "WWW-Authenticate",
                           "Date",
                           "Location",
                           "Vary"}) {
    QVERIFY2(isForbiddenTrailer(name), name);
  }
  for (const char* name :
       {"ETag", "Server-Timing", "Grpc-Status", "X-Checksum", "Content-MD5", "Digest", ""}) {
    QVERIFY2(!isForbiddenTrailer(name), name);
  }
}

void SemanticsTest::hosts_data() {
  QTest::addColumn<QByteArray>("authority");
  QTest::addColumn<QByteArray>("host");
  const auto row = [](const char* authority, const char* host) {
    QTest::newRow(authority) << QByteArray(authority) << QByteArray(host);
  };
  row("a", "a");
  row("A.Example:80", "A.Example");
  row("a.example.", "a.example");
  row("a.example.:1", "a.example");
  row("a_b-c~d.x", "a_b-c~d.x");
  row("127.0.0.1:0", "127.0.0.1");
  row("[::]", "[::]");
  row("[::1]:443", "[::1]");
  row("[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]");
  row("[1::8]", "[1::8]");
  row("[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]");
  row("[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]");
  row("[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]");
  for (const char* bad : {"",
                          ".",
                          "..",
                          ".a",
                          "a..b",
                          "a..",
                          ":80",
                          "a:",
                          "a:b",
                          "a:65536",
                          "a:123456",
                          "a b",
                          "a@b",
                          "a/b",
                          "a,b",
                          "a%41",
                          "[",
                          "[]",
                          "[:]",
                          "[:::]",
                          "[1]",
                          "[1:2:3:4:5:6:7:8:9]",
                          "[1:2:3:4:5:6:7:8::]",
                          "[::1:2:3:4:5:6:7:8]",
                          "[12345::]",
                          "[g::]",
                          "[::1",
                          "[::1]x",
                          "[::1]:",
                          "[::1%1]",
                          "[::1.2.3]",
                          "[::1.2.3.4.5]",
                          "[::01.2.3.4]",
                          "[1:2:3:4:5:6:7:1.2.3.4]",
                          "[1.2.3.4]",
                          "a\\b",
                          "*"}) {
    QTest::newRow(bad) << QByteArray(bad) << QByteArray();
  }
}

void SemanticsTest::hosts() {
  QFETCH(QByteArray, authority);
  QFETCH(QByteArray, host);
  QCOMPARE(hostOf(authority.toStdString()).size(), static_cast<std::size_t>(host.size()));
  const std::string text = authority.toStdString();
  QCOMPARE(std::string(hostOf(text)), host.toStdString());
}

void SemanticsTest::idempotence() {
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
    QVERIFY(isIdempotent(method));
  for (const char* method : {"POST", "PATCH", "get", "CONNECT", ""}) QVERIFY(!isIdempotent(method));
}

void SemanticsTest::knowsWhatAuthenticatesAConnection_data() {
  QTest::addColumn<QByteArray>("name");
  QTest::addColumn<QByteArray>("value");
  QTest::addColumn<bool>("expected");
  const auto row = [](const char* name, const char* value, bool expected) {
    QTest::newRow(value) << QByteArray(name) << QByteArray(value) << expected;
  };
  row("WWW-Authenticate", "Negotiate", true);
  row("www-authenticate", "NTLM TlRMTVNTUAAC", true);
  row("WWW-Authenticate", "Basic realm=\"a, b\", negotiate", true);
  row("WWW-Authenticate", "Negotiate, Basic realm=\"x\"", true);
  row("Authorization", "Negotiate YII=", true);
  row("Authorization", "nTLM TlRMTVNTUAAB", true);
  row("Authorization", "Basic bmVnb3RpYXRl", false);
  row("Authorization", "Bearer negotiate", false);
  row("WWW-Authenticate", "Digest realm=\"x\", qop=\"auth\"", false);
  row("X-Authenticate", "NTLM", false);
}

void SemanticsTest::knowsWhatAuthenticatesAConnection() {
  QFETCH(QByteArray, name);
  QFETCH(QByteArray, value);
  QFETCH(bool, expected);
  const std::vector<Field> fields = {{"Host", "a"}, {name.constData(), value.constData()}};
  QCOMPARE(authenticatesConnection(fields), expected);
}

QTEST_APPLESS_MAIN(SemanticsTest)
#include "semantics_test.moc"
