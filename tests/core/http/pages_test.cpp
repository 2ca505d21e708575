// SPDX-License-Identifier: Apache-2.0
// The pages visitors get: sound HTTP, sound HTML and JSON, nothing of a stranger's unescaped.
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>
#include <QXmlStreamReader>

#include <string>

#include "core/http/h1_parser.h"
#include "core/http/pages.h"
#include "core/http/text.h"

using namespace adit::http;

namespace {

constexpr Problem kAll[] = {Problem::BadRequest,        Problem::RequestTimeout, Problem::TargetTooLong,
                            Problem::ExpectationFailed, Problem::HeadTooLarge,   Problem::NotImplemented,
                            Problem::BadVersion,        Problem::UnknownHost,    Problem::TunnelOffline,
                            Problem::OriginRefused,     Problem::OriginBroken,   Problem::OriginSlow,
                            Problem::Overloaded};

std::string contentOf(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }

}  // namespace

class PagesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyPageIsSoundHttp();
  void statuses();
  void jsonIsSound();
  void htmlIsSound();
  void nothingIsUnescaped();
  void headHasNoContent();
  void retryAfterWhereItHelps();
  void listsTunnels();
  void callsGetAStatus_data();
  void callsGetAStatus();
  void formats();
  void prefersJson_data();
  void prefersJson();
  void escapesText();
};

void PagesTest::everyPageIsSoundHttp() {
  for (const Problem problem : kAll) {
    for (const bool json : {false, true}) {
      for (const bool keepAlive : {false, true}) {
        const std::string response =
            renderProblem({problem, "a.example", "it rains", keepAlive, false}, {.json = json});
        std::size_t scanned = 0;
        ResponseHead head;
        ResponseTraits traits;
        const auto result = parseResponseHead(response, {}, scanned, "GET", head, traits);
        QCOMPARE(result.status, ParseStatus::Complete);
        QCOMPARE(head.status, statusOf(problem));
        QVERIFY(!head.reason.empty());
        QCOMPARE(traits.framing.body, BodyFraming::Length);
        QCOMPARE(result.consumed + traits.framing.length, response.size());
        QCOMPARE(traits.keepAlive, keepAlive);
        QCOMPARE(findField(head.fields, "cache-control")->value, std::string_view("no-store"));
        QVERIFY(findField(head.fields, "content-type")
                    ->value.starts_with(json ? "application/json" : "text/html"));
      }
    }
  }
}

void PagesTest::statuses() {
  const int expected[] = {400, 408, 414, 417, 431, 501, 505, 404, 503, 502, 502, 504, 503};
  for (std::size_t i = 0; i < std::size(kAll); ++i) QCOMPARE(int{statusOf(kAll[i])}, expected[i]);
  for (const int status : {400, 408, 414, 417, 431, 501, 505}) {
    QCOMPARE(int{statusOf(problemOf(static_cast<std::uint16_t>(status)))}, status);
  }
  QCOMPARE(statusOf(problemOf(999)), std::uint16_t{400});
  QCOMPARE(codeOf(Problem::TunnelOffline), std::string_view("tunnel-offline"));
}

void PagesTest::jsonIsSound() {
  for (const Problem problem : kAll) {
    const std::string response =
        renderProblem({problem, "a", "say \"hi\" \\ \n\x01 \xff", true, false}, {.json = true});
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(QByteArray::fromStdString(contentOf(response)), &error);
    QVERIFY2(error.error == QJsonParseError::NoError, qPrintable(error.errorString()));
    const QJsonObject object = document.object().value(QStringLiteral("error")).toObject();
    QCOMPARE(object.value(QStringLiteral("status")).toInt(), int{statusOf(problem)});
    QCOMPARE(object.value(QStringLiteral("code")).toString().toStdString(), std::string(codeOf(problem)));
    QVERIFY(object.value(QStringLiteral("message")).toString().contains(QStringLiteral("Say \"hi\" \\ ")));
  }
}

void PagesTest::htmlIsSound() {
  for (const Problem problem : kAll) {
    std::string html =
        contentOf(renderProblem({problem, "a.example:80", "nothing answers on port 3000", true, false}, {}));
    QVERIFY(html.starts_with("<!DOCTYPE html>\n"));
    QVERIFY(html.find("<p class=\"detail\">Nothing answers on port 3000.</p>") != std::string::npos);
    QVERIFY(html.find("a.example:80") != std::string::npos);
    QVERIFY(html.find("prefers-color-scheme") != std::string::npos);
    // No resources from elsewhere.
    for (const char* outside : {"http://", "https://", "url(", "<script", "<link", "<img"}) {
      QVERIFY2(html.find(outside) == std::string::npos, outside);
    }
    // Every element is closed: read as XML once the void elements are.
    for (std::size_t at = html.find("<meta"); at != std::string::npos; at = html.find("<meta", at + 1)) {
      html.insert(html.begin() + static_cast<std::ptrdiff_t>(html.find('>', at)), '/');
    }
    QXmlStreamReader xml(QByteArray::fromStdString(html));
    while (!xml.atEnd()) xml.readNext();
    QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
  }
}

void PagesTest::nothingIsUnescaped() {
  const std::string evil = "<script>alert('x')</script>&\"\r\nSet-Cookie: a=b";
  const std::string response = renderProblem({Problem::UnknownHost, evil, evil, false, false}, {});
  QVERIFY(response.find("<script") == std::string::npos);
  QVERIFY(response.find("\r\nSet-Cookie") == std::string::npos);
  QVERIFY(response.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;") != std::string::npos);
}

void PagesTest::headHasNoContent() {
  const std::string full = renderProblem({Problem::OriginSlow, "a", "", true, false}, {});
  const std::string bare = renderProblem({Problem::OriginSlow, "a", "", true, true}, {});
  QVERIFY(bare.ends_with("\r\n\r\n"));
  QCOMPARE(bare, full.substr(0, full.find("\r\n\r\n") + 4));
}

void PagesTest::retryAfterWhereItHelps() {
  for (const Problem problem : kAll) {
    const std::string response = renderProblem({problem, {}, {}, true, false}, {.json = true});
    QCOMPARE(response.find("\r\nRetry-After: ") != std::string::npos, statusOf(problem) == 503);
  }
}

void PagesTest::listsTunnels() {
  const std::vector<PageLink> links{{"api", "http://api.localhost:4080/"},
                                    {"<b>", "http://b.localhost/?\"&"}};
  ProblemPage page{Problem::TunnelList, "localhost:4080", "", true, false};
  page.links = links;
  const std::string list = renderProblem(page, {});
  QVERIFY2(list.starts_with("HTTP/1.1 200 OK\r\n"), list.c_str());
  QVERIFY(list.find("<a href=\"http://api.localhost:4080/\">api</a>") != std::string::npos);
  QVERIFY(list.find("<a href=\"http://b.localhost/?&quot;&amp;\">&lt;b&gt;</a>") != std::string::npos);
  std::string html = contentOf(list);
  for (std::size_t at = html.find("<meta"); at != std::string::npos; at = html.find("<meta", at + 1))
    html.insert(html.begin() + static_cast<std::ptrdiff_t>(html.find('>', at)), '/');
  QXmlStreamReader xml(QByteArray::fromStdString(html));
  while (!xml.atEnd()) xml.readNext();
  QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
  const auto json = [&] {
    return QJsonDocument::fromJson(QByteArray::fromStdString(contentOf(renderProblem(page, {.json = true}))))
        .object();
  };
  const auto urls = [&] {
    QStringList found;
    for (const auto& each : json().value(QStringLiteral("tunnels")).toArray())
      found << each.toObject().value(QStringLiteral("url")).toString();
    return found;
  };
  QCOMPARE(urls(), QStringList({QStringLiteral("http://api.localhost:4080/"),
                                QStringLiteral("http://b.localhost/?\"&")}));
  QVERIFY(!json().contains(QStringLiteral("error")));
  page.problem = Problem::WhichTunnel;
  QVERIFY(renderProblem(page, {}).starts_with("HTTP/1.1 404 Not Found\r\n"));
  QCOMPARE(urls().size(), 2);
  QCOMPARE(json().value(QStringLiteral("error")).toObject().value(QStringLiteral("code")).toString(),
           QStringLiteral("which-tunnel"));
}

void PagesTest::callsGetAStatus_data() {
  QTest::addColumn<int>("problem");
  QTest::addColumn<int>("status");
  const auto row = [](Problem problem, int status) {
    QTest::newRow(std::string(codeOf(problem)).c_str()) << static_cast<int>(problem) << status;
  };
  row(Problem::BadRequest, 13);
  row(Problem::HeadTooLarge, 8);
  row(Problem::UnknownHost, 12);
  row(Problem::TunnelOffline, 14);
  row(Problem::OriginRefused, 14);
  row(Problem::OriginBroken, 14);
  row(Problem::OriginSlow, 4);
  row(Problem::Overloaded, 14);
  row(Problem::LoopDetected, 2);
}

void PagesTest::callsGetAStatus() {
  QFETCH(int, problem);
  QFETCH(int, status);
  ProblemPage page;
  page.problem = static_cast<Problem>(problem);
  page.detail = "100 % Grün\n";
  for (const CallKind kind : {CallKind::Grpc, CallKind::Web, CallKind::WebText}) {
    const RenderedPage rendered = renderPage(page, {kind, true});
    QCOMPARE(int{rendered.status}, 200);
    QVERIFY(rendered.content.empty());
    const auto field = [&rendered](std::string_view name) {
      for (const auto& [key, value] : rendered.fields) {
        if (key == name) return value;
      }
      return std::string("(none)");
    };
    QCOMPARE(field("Content-Type"), std::string(contentTypeOf(kind)));
    QCOMPARE(field("Grpc-Status"), std::to_string(status));
    QVERIFY(field("Grpc-Message").ends_with(" 100 %25 Gr%C3%BCn%0A."));
  }
  const std::string whole = renderProblem(page, {CallKind::Web, false});
  QVERIFY(whole.starts_with("HTTP/1.1 200 OK\r\n"));
  QVERIFY(whole.ends_with("\r\n\r\n"));
  QVERIFY(whole.find("\r\nContent-Length: 0\r\n") != std::string::npos);
  page.grpcStatus = GrpcStatus::PermissionDenied;
  QVERIFY(renderProblem(page, {CallKind::Web, false}).find("Grpc-Status: 7\r\n") != std::string::npos);
  page.problem = Problem::Misdirected;  // about the connection: the visitor's HTTP has to see it
  QCOMPARE(int{renderPage(page, {CallKind::Grpc, false}).status}, 421);
}

void PagesTest::formats() {
  const auto kind = [](std::string_view type) { return callKindOf({{"Content-Type", type}}); };
  for (const char* type : {"application/grpc", "application/grpc+proto", "Application/GRPC; x=y"})
    QCOMPARE(kind(type), CallKind::Grpc);
  QCOMPARE(kind("application/grpc-web+proto"), CallKind::Web);
  QCOMPARE(kind("application/grpc-web-text"), CallKind::WebText);
  for (const char* type : {"", "application/grp", "application/grpcx", "application/json"})
    QCOMPARE(kind(type), CallKind::None);
  QCOMPARE(callKindOf({}), CallKind::None);
  const PageFormat format =
      pageFormatFor({{"accept", "application/json"}, {"content-type", "application/grpc"}});
  QVERIFY(format.json);
  QVERIFY(format.call == CallKind::Grpc);
  QCOMPARE(grpcStatusFor(H2Error::EnhanceYourCalm), GrpcStatus::ResourceExhausted);
  QCOMPARE(grpcStatusFor(H2Error::NoError), GrpcStatus::Internal);
  QCOMPARE(grpcStatusFor(H2Error::RefusedStream), GrpcStatus::Unavailable);
  QCOMPARE(grpcStatusFor(H2Error::Cancel), GrpcStatus::Cancelled);
  QCOMPARE(grpcStatusFor(H2Error::InadequateSecurity), GrpcStatus::PermissionDenied);
}

void PagesTest::prefersJson_data() {
  QTest::addColumn<QByteArray>("accept");
  QTest::addColumn<bool>("json");
  const auto row = [](const char* accept, bool json) { QTest::newRow(accept) << QByteArray(accept) << json; };
  row("*/*", false);
  row("", false);
  row("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false);
  row("application/json", true);
  row("Application/JSON; charset=utf-8", true);
  row("application/json, text/plain, */*", true);
  row("application/problem+json", true);
  row("application/json;q=0.5, text/html;q=0.8", false);
  row("application/json;q=0.9, text/html;q=0.8", true);
  row("application/json, text/html", false);
  row("text/html;q=0, */*", true);
  row("application/json;q=0", false);
  row("application/json;q=0, */*", false);
  row("application/*", true);
  row("application/*;q=0.1, text/*;q=0.05", true);
  row("text/plain", false);
  row("application/json;q=2", false);
  row("application/json;q=0.1234", false);
  row("application/json;q=", false);
  row(",;,=", false);
  row("application/json;q=1.000", true);
  row("application/json;q=1.5", false);
}

void PagesTest::prefersJson() {
  QFETCH(QByteArray, accept);
  QFETCH(bool, json);
  const std::string value = accept.toStdString();
  QCOMPARE(adit::http::prefersJson({{"Host", "a"}, {"accept", value}}), json);
  QVERIFY(!adit::http::prefersJson({}));
}

void PagesTest::escapesText() {
  const auto html = [](std::string_view text) { return QByteArray::fromStdString(escapeHtml(text)); };
  QCOMPARE(html("a<b>&\"'"), QByteArray("a&lt;b&gt;&amp;&quot;&#39;"));
  QCOMPARE(html("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), QByteArray("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
  const QByteArray unknown("\xef\xbf\xbd");
  // Alone, cut off, overlong, surrogate, beyond the last character.
  for (const char* bad : {"\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98"}) {
    QVERIFY2(html(bad).startsWith(unknown), bad);
  }
  QVERIFY(html("\xc0\xaf").startsWith(unknown));
  QVERIFY(html("\xe0\x80\xaf").startsWith(unknown));
  QVERIFY(html("\xed\xa0\x80").startsWith(unknown));
  QVERIFY(html("\xf4\x90\x80\x80").startsWith(unknown));
  QCOMPARE(html(std::string_view("a\0b", 3)), QByteArray("a") + unknown + QByteArray("b"));
  QCOMPARE(QByteArray::fromStdString(escapeJson("\"\\\x1f")), QByteArray("\\\"\\\\") + unknown);
  QCOMPARE(QByteArray::fromStdString(asSentence("nothing answers")), QByteArray("Nothing answers."));
  QCOMPARE(QByteArray::fromStdString(asSentence("Why?")), QByteArray("Why?"));
  QVERIFY(asSentence("").empty());
}

QTEST_APPLESS_MAIN(PagesTest)
#include "pages_test.moc"
