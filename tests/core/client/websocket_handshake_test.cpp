// SPDX-License-Identifier: Apache-2.0
// What an origin may answer to a WebSocket handshake.
#include <QTest>

#include "core/client/websocket_handshake.h"

using namespace adit;
using namespace adit::client;

class WebSocketHandshakeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void knowsTheProofOfTheStandard() {
    QCOMPARE(webSocketAccept("dGhlIHNhbXBsZSBub25jZQ=="), std::string("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  }

  void makesKeysOfSixteenBytes() {
    SeededRandom random(1);
    const std::string one = webSocketKey(random);
    QCOMPARE(one.size(), std::size_t{24});
    QVERIFY(one.ends_with("=="));
    QVERIFY(one.find_first_of("-_") == std::string::npos);
    QVERIFY(webSocketKey(random) != one);
  }

  void judgesAnswers_data() {
    QTest::addColumn<QString>("protocol");
    QTest::addColumn<QString>("extensions");
    QTest::addColumn<bool>("accepted");
    const auto row = [](const char* name, const char* protocol, const char* extensions, bool accepted) {
      QTest::newRow(name) << protocol << extensions << accepted;
    };
    row("nothing chosen", "", "", true);
    row("one of the protocols", "chat", "", true);
    row("the other", "super.chat", "", true);
    row("case matters", "Chat", "", false);
    row("two of them", "chat, super.chat", "", false);
    row("another", "mqtt", "", false);
    row("an extension", "", "permessage-deflate", true);
    row("with parameters", "", "permessage-deflate; server_max_window_bits=10", true);
    row("another extension", "", "x-webkit-deflate-frame", false);
    row("one too many", "", "permessage-deflate, x-other", false);
  }
  void judgesAnswers() {
    QFETCH(QString, protocol);
    QFETCH(QString, extensions);
    QFETCH(bool, accepted);
    WebSocketOffer offer;
    offer.take({{"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="},
                {"Sec-WebSocket-Protocol", "chat"},
                {"Sec-WebSocket-Protocol", "super.chat"},
                {"Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"}});
    const std::string chosen = protocol.toStdString(), extended = extensions.toStdString();
    std::vector<http::Field> answer{{"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}};
    if (!chosen.empty()) answer.push_back({"sec-websocket-protocol", chosen});
    if (!extended.empty()) answer.push_back({"sec-websocket-extensions", extended});
    QCOMPARE(offer.refuseAnswer(answer) == nullptr, accepted);
  }

  void wantsOneProof() {
    WebSocketOffer offer;
    offer.take({{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}});
    const http::Field right{"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="};
    const http::Field wrong{"Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo="};
    QVERIFY(offer.refuseAnswer({right}) == nullptr);
    QVERIFY(offer.refuseAnswer({}) != nullptr);
    QVERIFY(offer.refuseAnswer({wrong}) != nullptr);
    QVERIFY(offer.refuseAnswer({right, right}) != nullptr);
    QVERIFY(offer.refuseAnswer({wrong, right}) != nullptr);
    offer.take({});
    QVERIFY(offer.refuseAnswer({{"Sec-WebSocket-Accept", "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w="}}) != nullptr);
  }

  void takesChoicesFromAnotherRequestAnew() {
    WebSocketOffer offer;
    offer.take({{"Sec-WebSocket-Protocol", "chat"}});
    offer.take({});
    QVERIFY(offer.refuseChoices({{"Sec-WebSocket-Protocol", "chat"}}) != nullptr);
  }
};

QTEST_APPLESS_MAIN(WebSocketHandshakeTest)
#include "websocket_handshake_test.moc"
