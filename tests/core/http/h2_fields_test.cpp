// SPDX-License-Identifier: Apache-2.0
// Header blocks of HTTP/2 requests: what is a request, what is malformed, what is refused (RFC 9113 section
// 8).
#include <QTest>

#include <string>

#include "core/http/h2_fields.h"

using namespace adit::http;

namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

Lines get(const Lines& more = {}, const std::string& path = "/") {
  Lines lines{{":method", "GET"}, {":scheme", "http"}, {":authority", "shop.example"}, {":path", path}};
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

struct Read {
  explicit Read(const Lines& lines, bool end = true, HeadLimits limits = {}) : block(limits) {
    block.begin(H2FieldBlock::Kind::Request);
    for (const auto& [name, value] : lines) block.add(name, value);
    valid = block.finishRequest(end, request);
  }
  H2FieldBlock block;
  H2ServerRequest request;
  bool valid = false;
};

std::string without(const std::string& name) {
  Lines lines = get();
  std::erase_if(lines, [&](const auto& line) { return line.first == name; });
  return Read(lines).valid ? "valid" : "malformed";
}

}  // namespace

class H2FieldsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aRequestIsRead() {
    const Read read(
        get({{"accept", "*/*"}, {"cookie", "a=1"}, {"te", "trailers"}, {"cookie", "b=2"}}, "/x?y"));
    QVERIFY(read.valid);
    QCOMPARE(read.request.head.method, std::string_view("GET"));
    QCOMPARE(read.request.head.target, std::string_view("/x?y"));
    QCOMPARE(read.request.head.authority, std::string_view("shop.example"));
    QVERIFY(read.request.head.version == Version::Http2);
    QVERIFY(read.request.framing.body == BodyFraming::None);
    QCOMPARE(read.request.head.fields.size(), std::size_t{3});
    QCOMPARE(findField(read.request.head.fields, "cookie")->value, std::string_view("a=1; b=2"));
  }

  void cookiesCountAsTheFieldTheyAreJoinedTo() {
    Lines crumbs;
    for (int i = 0; i < 160; ++i) crumbs.emplace_back("cookie", "name" + std::to_string(i) + "=value");
    const Read read(get(crumbs));
    QVERIFY(read.valid);
    QCOMPARE(read.request.refusedWith, std::uint16_t{0});
    QCOMPARE(read.request.head.fields.size(), std::size_t{1});
    QVERIFY(read.request.head.fields[0].value.ends_with("; name159=value"));
  }

  void cookiesAreBounded_data() {
    QTest::addColumn<int>("number");
    QTest::addColumn<int>("size");
    QTest::addColumn<int>("refusedWith");
    QTest::newRow("a thousand") << 1000 << 3 << 0;
    QTest::newRow("one more") << 1001 << 3 << 431;
    QTest::newRow("empty ones") << 1001 << 0 << 431;
    // The joined value, its name and the pseudo-fields are to fit 32 KiB.
    QTest::newRow("long ones") << 31 << 1000 << 0;
    QTest::newRow("too long together") << 33 << 1000 << 431;
  }
  void cookiesAreBounded() {
    QFETCH(int, number);
    QFETCH(int, size);
    QFETCH(int, refusedWith);
    const Lines crumbs(static_cast<std::size_t>(number),
                       {"cookie", std::string(static_cast<std::size_t>(size), 'c')});
    const Read read(get(crumbs));
    QVERIFY(read.valid);
    QCOMPARE(int{read.request.refusedWith}, refusedWith);
  }

  void rawUtf8InAPathIsPercentEncoded_data() {
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<int>("refusedWith");
    QTest::newRow("two bytes") << QByteArray("/caf\xc3\xa9") << QByteArray("/caf%C3%A9") << 0;
    QTest::newRow("in a query") << QByteArray("/?q=\xe2\x82\xac&%20") << QByteArray("/?q=%E2%82%AC&%20") << 0;
    QTest::newRow("four bytes") << QByteArray("/\xf0\x9f\x98\x80") << QByteArray("/%F0%9F%98%80") << 0;
    QTest::newRow("Latin-1") << QByteArray("/caf\xe9") << QByteArray("/") << 400;
    QTest::newRow("overlong") << QByteArray("/\xc0\xaf") << QByteArray("/") << 400;
    QTest::newRow("surrogate") << QByteArray("/\xed\xa0\x80") << QByteArray("/") << 400;
    QTest::newRow("cut off") << QByteArray("/\xe2\x82") << QByteArray("/") << 400;
  }
  void rawUtf8InAPathIsPercentEncoded() {
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, target);
    QFETCH(int, refusedWith);
    const Read read(get({}, path.toStdString()));
    QVERIFY(read.valid);
    QCOMPARE(QByteArray(read.request.head.target.data(), static_cast<int>(read.request.head.target.size())),
             target);
    QCOMPARE(int{read.request.refusedWith}, refusedWith);
  }

  void encodedPathsAreBounded() {
    HeadLimits limits;
    limits.targetBytes = 64;
    std::string path = "/";
    for (int i = 0; i < 10; ++i) path += "\xc3\xa9";
    QCOMPARE(Read(get({}, path + "xyz"), true, limits).request.refusedWith, std::uint16_t{0});
    QCOMPARE(Read(get({}, path + "xyz!"), true, limits).request.refusedWith, std::uint16_t{414});
    for (int i = 0; i < 100; ++i) path += "\xff";
    QCOMPARE(Read(get({}, path), true, limits).request.refusedWith, std::uint16_t{414});
  }

  void malformedOnes_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("value");
    const auto row = [](const char* title, const char* name, QByteArray value) {
      QTest::newRow(title) << QString::fromLatin1(name) << value;
    };
    row("capital letters", "Accept", "x");
    row("empty name", "", "x");
    row("space in a name", "a b", "x");
    row("colon in a name", "a:b", "x");
    row("line feed in a name", "a\nb", "x");
    row("control in a name", "a\x01", "x");
    row("obs-text in a name", "a\xff", "x");
    row("line feed in a value", "a", "x\ny: z");
    row("carriage return in a value", "a", "x\ry");
    row("NUL in a value", "a", QByteArray("x\0y", 3));
    row("DEL in a value", "a", "x\x7f");
    row("leading space", "a", " x");
    row("trailing space", "a", "x ");
    row("leading tab", "a", "\tx");
    row("connection", "connection", "close");
    row("keep-alive", "keep-alive", "timeout=5");
    row("proxy-connection", "proxy-connection", "keep-alive");
    row("transfer-encoding", "transfer-encoding", "chunked");
    row("upgrade", "upgrade", "websocket");
    row("te beyond trailers", "te", "gzip");
    row("te with more than trailers", "te", "trailers, gzip");
    row("late pseudo-field", ":method", "GET");
    row("unknown pseudo-field", ":status", "200");
    row("host that differs", "host", "other.example");
    row("host with the port only there", "host", "shop.example:80");
    row("length with a sign", "content-length", "+0");
    row("length with a space", "content-length", "0 0");
    row("length of letters", "content-length", "abc");
    row("empty length", "content-length", "");
    row("length without content", "content-length", "5");
    row("length beyond everything", "content-length", "99999999999999999999");
  }
  void malformedOnes() {
    QFETCH(QString, name);
    QFETCH(QByteArray, value);
    QByteArray bytes = name.toLatin1();
    const Read read(get({{"x-before", "1"}, {bytes.toStdString(), value.toStdString()}}));
    QVERIFY(!read.valid);
    QVERIFY(read.block.reason() != nullptr);
  }

  void badTargets_data() {
    QTest::addColumn<QByteArray>("path");
    for (const QByteArray path :
         {"", "x", "*", "/a b", "/a#b", "/a\tb", "/a\rb", "/a\nb", "/\x7f", "/\xc3\xa4 b", "http://x/"})
      QTest::newRow(path.toPercentEncoding().constData()) << path;
    QTest::newRow("NUL") << QByteArray("/\0", 2);
  }
  void badTargets() {
    QFETCH(QByteArray, path);
    QVERIFY(!Read(get({}, path.toStdString())).valid);
  }

  void badMethodsAndAuthorities() {
    for (const char* method : {"", "GE T", "GET\r\nX", "GET ", "G@T:"}) {
      Lines lines = get();
      lines[0].second = method;
      QVERIFY2(!Read(lines).valid, method);
    }
    Lines longMethod = get();
    longMethod[0].second = std::string(65, 'A');
    QVERIFY(!Read(longMethod).valid);
    for (const char* authority : {"", "user@shop.example", "shop example", "shop..example", "shop.example:x",
                                  "shop.example:99999", "a,b", "[::1", "shop.example/x"}) {
      Lines lines = get();
      lines[2].second = authority;
      QVERIFY2(!Read(lines).valid, authority);
    }
  }

  void pseudoFieldsAreNeeded() {
    QCOMPARE(without(":method"), std::string("malformed"));
    QCOMPARE(without(":scheme"), std::string("malformed"));
    QCOMPARE(without(":path"), std::string("malformed"));
    QCOMPARE(without(":authority"), std::string("malformed"));
    QVERIFY(!Read(get({{":path", "/"}})).valid);
  }

  void hostStandsInForAuthority() {
    Lines lines = get({{"host", "shop.example"}});
    QVERIFY(Read(lines).valid);
    lines.erase(lines.begin() + 2);
    const Read read(lines);
    QVERIFY(read.valid);
    QCOMPARE(read.request.head.authority, std::string_view("shop.example"));
    QVERIFY(read.request.head.fields.empty());
    QVERIFY(!Read(get({{"host", "shop.example"}, {"host", "shop.example"}})).valid);
    QVERIFY(Read(get({{"host", "SHOP.example"}})).valid);
  }

  void framingFollowsLengthAndEnd() {
    const Read open(get(), false);
    QVERIFY(open.request.framing.body == BodyFraming::Chunked);
    const Read sized(get({{"content-length", "12"}}), false);
    QVERIFY(sized.request.framing.body == BodyFraming::Length);
    QCOMPARE(sized.request.framing.length, std::uint64_t{12});
    QVERIFY(findField(sized.request.head.fields, "content-length") == nullptr);
    Lines post = get();
    post[0].second = "POST";
    const Read empty(post);
    QVERIFY(empty.request.framing.body == BodyFraming::Length);
    QCOMPARE(empty.request.framing.length, std::uint64_t{0});
    QVERIFY(!Read(get({{"content-length", "1"}, {"content-length", "1"}}), false).valid);
  }

  void connectIsRefusedAndWebSocketIsNot() {
    const Read plain({{":method", "CONNECT"}, {":authority", "shop.example:443"}});
    QVERIFY(plain.valid);
    QCOMPARE(plain.request.refusedWith, std::uint16_t{501});
    QVERIFY(
        !Read({{":method", "CONNECT"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a.b"}}).valid);

    Lines lines = get();
    lines[0].second = "CONNECT";
    lines.insert(lines.begin(), {":protocol", "websocket"});
    const Read socket(lines, false);
    QVERIFY(socket.valid);
    QVERIFY(socket.request.webSocket);
    QCOMPARE(socket.request.head.method, std::string_view("GET"));
    QVERIFY(socket.request.framing.body == BodyFraming::None);
    QCOMPARE(socket.request.refusedWith, std::uint16_t{0});
    QCOMPARE(Read(lines, true).request.refusedWith, std::uint16_t{400});
    lines[0].second = "connect-udp";
    QCOMPARE(Read(lines, false).request.refusedWith, std::uint16_t{501});
    QVERIFY(!Read(get({}, "/"), true).request.webSocket);
    Lines withGet = get();
    withGet.insert(withGet.begin(), {":protocol", "websocket"});
    QVERIFY(!Read(withGet).valid);
  }

  void limitsRefuse() {
    Lines many = get();
    for (int i = 0; i < 129; ++i) many.emplace_back("a", "b");
    QCOMPARE(Read(many).request.refusedWith, std::uint16_t{431});
    QCOMPARE(Read(get({{"a", std::string(33000, 'x')}})).request.refusedWith, std::uint16_t{431});
    QCOMPARE(Read(get({}, "/" + std::string(8192, 'x'))).request.refusedWith, std::uint16_t{414});
    QCOMPARE(Read(get({{"expect", "cake"}})).request.refusedWith, std::uint16_t{417});
    Lines scheme = get();
    scheme[1].second = "ftp";
    QCOMPARE(Read(scheme).request.refusedWith, std::uint16_t{400});
  }

  void trailersAreStrict() {
    H2FieldBlock block{HeadLimits{}};
    std::vector<Field> fields;
    const auto read = [&](const Lines& lines) {
      block.begin(H2FieldBlock::Kind::Trailers);
      for (const auto& [name, value] : lines) block.add(name, value);
      return block.finishTrailers(fields);
    };
    QVERIFY(read({{"grpc-status", "0"}, {"content-length", "5"}, {"host", "x"}}));
    QCOMPARE(fields.size(), std::size_t{1});
    QCOMPARE(fields[0].name, std::string_view("grpc-status"));
    QVERIFY(!read({{":path", "/"}}));
    QVERIFY(!read({{"A", "b"}}));
    QVERIFY(!read({{"transfer-encoding", "chunked"}}));
    QVERIFY(!read({{"a", "b\r\nc"}}));
    Lines many;
    for (int i = 0; i < 33; ++i) many.emplace_back("a", "b");
    QVERIFY(!read(many));
    QVERIFY(!read({{"a", std::string(9000, 'x')}}));
  }

  void urgencyIsRead() {
    QCOMPARE(parseUrgency("u=0"), std::uint8_t{0});
    QCOMPARE(parseUrgency("i, u=7"), std::uint8_t{7});
    QCOMPARE(parseUrgency("u=8"), std::uint8_t{3});
    QCOMPARE(parseUrgency(""), std::uint8_t{3});
    QCOMPARE(parseUrgency("u=-1,,u"), std::uint8_t{3});
    QCOMPARE(Read(get({{"priority", "u=1, i"}})).request.urgency, std::uint8_t{1});
  }
};

QTEST_APPLESS_MAIN(H2FieldsTest)
#include "h2_fields_test.moc"
