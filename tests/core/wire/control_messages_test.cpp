// SPDX-License-Identifier: Apache-2.0
// Control messages as payloads: the exact encoding, and everything that is refused.
#include <QTest>

#include <string>

#include "core/base/random.h"
#include "core/wire/control_messages.h"
#include "tests/core/support/control_samples.h"

using namespace adit;
using namespace adit::wire;
using namespace adit::test;

class ControlMessagesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyMessageSurvivesTheTrip();
  void theEncodingIsWhatTheProtocolSays();
  void emptyOptionalsAreLeftOut();
  void everyTruncationIsRefused();
  void everyFlippedBitIsHandled();
  void randomBytesAreHandled();
  void unknownKeysAreSkipped();
  void hostileUnknownValuesAreRefused();
  void duplicateAndUnsortedKeysAreRefused();
  void missingKeysAreRefused();
  void wrongTypesAreRefused();
  void sizesAreLimited_data();
  void sizesAreLimited();
  void numbersAreLimited();
  void machineTextsAreVisibleAscii();
  void answersMustBeComplete();
  void answersTellOfTheAddress();
  void addressesMustBeSafeToOpen();
  void idsMustDiffer();
  void unknownTunnelKindsPass();
  void theLargestMessagesFit();
  void textsForPeopleAreMadeToFit();
};

void ControlMessagesTest::everyMessageSurvivesTheTrip() {
  for (const ControlMessage& message : everyMessage()) {
    const std::string payload = payloadOf(message);
    const auto decoded = decodePayload(message.index() + 1, asBytes(payload));
    QVERIFY2(decoded.has_value(), decoded ? "" : decoded.error().detail.c_str());
    QVERIFY(*decoded == message);
    QCOMPARE(payloadOf(*decoded), payload);  // one encoding only
  }
}

void ControlMessagesTest::theEncodingIsWhatTheProtocolSays() {
  const auto hex = [](const ControlMessage& message) {
    return QByteArray::fromStdString(encode(message)).toHex();
  };
  QCOMPARE(hex(Ping{24}), QByteArray("0604a1011818"));
  QCOMPARE(hex(Pong{0}), QByteArray("0703a10100"));
  QCOMPARE(hex(Drain{1000, "x"}), QByteArray("0808a2011903e8026178"));
  QCOMPARE(hex(LoginRefused{"internal", ""}), QByteArray("030ba10168696e7465726e616c"));
  QCOMPARE(hex(Declare{1, {{5, TunnelKind::Http, "a"}}}), QByteArray("040da20101") + "0281a301050201036161");
  QCOMPARE(hex(Declared{1, {{5, false, "", "", "x", ""}}}),
           QByteArray("050da20101") + "0281a3010502f4056178");
}

void ControlMessagesTest::emptyOptionalsAreLeftOut() {
  Login login;
  login.token = "t";
  const std::string payload = payloadOf(login);
  QCOMPARE(QByteArray::fromStdString(payload).toHex(), QByteArray("a3010102010361") + "74");
  const auto decoded = decodePayload(1, asBytes(payload));
  QVERIFY(decoded.has_value());
  QVERIFY(std::get<Login>(*decoded) == login);
}

void ControlMessagesTest::everyTruncationIsRefused() {
  for (const ControlMessage& message : everyMessage()) {
    const std::string payload = payloadOf(message);
    for (std::size_t cut = 0; cut < payload.size(); ++cut) {
      QCOMPARE(codeOf(message.index() + 1, std::string_view(payload).substr(0, cut)),
               std::string("malformed"));
    }
    QCOMPARE(codeOf(message.index() + 1, payload + '\0'), std::string("malformed"));
  }
}

void ControlMessagesTest::everyFlippedBitIsHandled() {
  for (const ControlMessage& message : everyMessage()) {
    std::string payload = payloadOf(message);
    for (std::size_t bit = 0; bit < payload.size() * 8; ++bit) {
      const auto mask = static_cast<char>(1 << (bit % 8));
      payload[bit / 8] = static_cast<char>(payload[bit / 8] ^ mask);
      if (const auto decoded = decodePayload(message.index() + 1, asBytes(payload)); decoded) {
        // What was accepted is within the limits: it can be written and read again. Writing replaces what
        // may not be displayed, and does that once.
        const std::string written = payloadOf(*decoded);
        const auto again = decodePayload(message.index() + 1, asBytes(written));
        QVERIFY(again.has_value());
        QCOMPARE(payloadOf(*again), written);
      }
      payload[bit / 8] = static_cast<char>(payload[bit / 8] ^ mask);
    }
  }
}

void ControlMessagesTest::randomBytesAreHandled() {
  SeededRandom random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string payload(random.below(64), '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(payload.data()), payload.size()});
    if (!payload.empty() && random.below(2) == 0) payload[0] = static_cast<char>(0xa0 | random.below(8));
    const auto decoded = decodePayload(1 + random.below(11), asBytes(payload));
    if (!decoded)
      QVERIFY(decoded.error().code == ErrorCode::Malformed ||
              decoded.error().code == ErrorCode::LimitExceeded);
  }
}

void ControlMessagesTest::unknownKeysAreSkipped() {
  // Keys 0, 9 and 2^32 of a later version around the ones known now, with values of every shape.
  const std::string payload = map(4, [](cbor::Writer& w) {
    w.number(0), w.text("new");
    w.number(1), w.number(77);
    w.number(9), w.array(2), w.map(1), w.number(1), w.text("deep"), w.boolean(true);
    w.number(0x100000000), w.boolean(false);
  });
  const auto decoded = decodePayload(6, asBytes(payload));
  QVERIFY2(decoded.has_value(), decoded ? "" : decoded.error().detail.c_str());
  QVERIFY(std::get<Ping>(*decoded) == Ping{77});

  const std::string nested = map(2, [](cbor::Writer& w) {
    w.number(1), w.number(1);
    w.number(2), w.array(1), w.map(3);
    w.number(1), w.number(5), w.number(2), w.number(1), w.number(40), w.array(0);
  });
  const auto declare = decodePayload(4, asBytes(nested));
  QVERIFY2(declare.has_value(), declare ? "" : declare.error().detail.c_str());
  QCOMPARE(std::get<Declare>(*declare).tunnels.at(0).id, std::uint64_t{5});
}

void ControlMessagesTest::hostileUnknownValuesAreRefused() {
  for (const int opener : {0x81, 0x7f, 0x9f, 0xbf, 0xc1}) {
    std::string payload = map(2, [](cbor::Writer& w) { w.number(1), w.number(77), w.number(9); });
    payload += std::string(250'000, static_cast<char>(opener));
    QCOMPARE(codeOf(6, payload), std::string("malformed"));
  }
}

void ControlMessagesTest::duplicateAndUnsortedKeysAreRefused() {
  QCOMPARE(codeOf(6, map(2, [](cbor::Writer& w) { w.number(1), w.number(7), w.number(1), w.number(8); })),
           std::string("malformed"));
  QCOMPARE(codeOf(6, map(2, [](cbor::Writer& w) { w.number(2), w.number(7), w.number(1), w.number(8); })),
           std::string("malformed"));
  QCOMPARE(codeOf(6, map(3,
                         [](cbor::Writer& w) {
                           w.number(1), w.number(7), w.number(9), w.number(8), w.number(9), w.number(8);
                         })),
           std::string("malformed"));
  QCOMPARE(codeOf(6, map(2, [](cbor::Writer& w) { w.text("1"), w.number(7), w.number(1), w.number(8); })),
           std::string("malformed"));
}

void ControlMessagesTest::missingKeysAreRefused() {
  for (std::uint64_t type = 1; type <= 11; ++type) QCOMPARE(codeOf(type, "\xa0"), std::string("malformed"));
  QCOMPARE(codeOf(1, map(2, [](cbor::Writer& w) { w.number(1), w.number(1), w.number(2), w.number(1); })),
           std::string("malformed"));
  QCOMPARE(codeOf(4, map(1, [](cbor::Writer& w) { w.number(1), w.number(1); })), std::string("malformed"));
  // A tunnel without a kind.
  QCOMPARE(codeOf(4, map(2,
                         [](cbor::Writer& w) {
                           w.number(1), w.number(1), w.number(2), w.array(1), w.map(1), w.number(1),
                               w.number(1);
                         })),
           std::string("malformed"));
}

void ControlMessagesTest::wrongTypesAreRefused() {
  QCOMPARE(codeOf(6, "\x81\x01"), std::string("malformed"));
  QCOMPARE(codeOf(6, ""), std::string("malformed"));
  QCOMPARE(codeOf(6, map(1, [](cbor::Writer& w) { w.number(1), w.text("7"); })), std::string("malformed"));
  QCOMPARE(codeOf(3, map(1, [](cbor::Writer& w) { w.number(1), w.number(7); })), std::string("malformed"));
  QCOMPARE(codeOf(4, map(2, [](cbor::Writer& w) { w.number(1), w.number(1), w.number(2), w.map(0); })),
           std::string("malformed"));
  QCOMPARE(codeOf(5, map(2,
                         [](cbor::Writer& w) {
                           w.number(1), w.number(1), w.number(2), w.array(1), w.map(2), w.number(1),
                               w.number(1), w.number(2), w.number(1);
                         })),
           std::string("malformed"));
  // -1 where a number belongs
  QCOMPARE(codeOf(6, std::string("\xa1\x01\x20")), std::string("malformed"));
}

void ControlMessagesTest::sizesAreLimited_data() {
  QTest::addColumn<int>("which");
  QTest::addColumn<int>("limit");
  int which = 0;
  for (const std::size_t limit :
       {kMaxToken, kMaxSessionId, kMaxDomain, kMaxErrorCode, kMaxTunnelName, kMaxTunnelName, kMaxUrl,
        kMaxErrorCode, kMaxCapability, kMaxCapabilities, kMaxInstance, kMaxTunnels, kMaxErrorCode,
        kMaxTunnelName, kMaxErrorCode, kMaxTunnels, kMaxTunnels}) {
    QTest::addRow("%d", which) << which << static_cast<int>(limit);
    ++which;
  }
}

void ControlMessagesTest::sizesAreLimited() {
  QFETCH(int, which);
  QFETCH(int, limit);
  const auto withSize = [which](std::size_t size) -> ControlMessage {
    const std::string text(size, 'a');
    const std::string url = "http://" + std::string(size - 7, 'a');
    Declare declare{1, {}};
    Declared declared{1, {}};
    switch (which) {
      case 0:
        return Login{1, 1, text, "", "", {}};
      case 1:
        return LoginAccepted{1, text, "d", 1, 1000, {}};
      case 2:
        return LoginAccepted{1, "s", text, 1, 1000, {}};
      case 3:
        return LoginRefused{text, ""};
      case 4:
        return Declare{1, {{1, TunnelKind::Http, text}}};
      case 5:
        return Declared{1, {{1, true, text, "http://a", "", ""}}};
      case 6:
        return Declared{1, {{1, true, "a", url, "", ""}}};
      case 7:
        return Declared{1, {{1, false, "", "", text, ""}}};
      case 8:
        return Login{1, 1, "t", "", "", {text}};
      case 9:
        return Login{1, 1, "t", "", "", std::vector<std::string>(size, "c")};
      case 10:
        return Login{1, 1, "t", "", "", {}, text};
      case 11:
        return Withdrawn{std::vector<std::uint64_t>(size, 1), "x", ""};
      case 12:
        return Withdrawn{{1}, text, ""};
      case 13:
        return Release{1, text};
      case 14:
        return Released{1, false, text, ""};
      case 15:
        for (std::size_t i = 0; i < size; ++i) declare.tunnels.push_back({i, TunnelKind::Http, ""});
        return declare;
      default:
        for (std::size_t i = 0; i < size; ++i) declared.answers.push_back({i, false, "", "", "x", ""});
        return declared;
    }
  };
  const ControlMessage fits = withSize(static_cast<std::size_t>(limit));
  QCOMPARE(codeOf(fits.index() + 1, payloadOf(fits)), std::string("ok"));
  const ControlMessage exceeds = withSize(static_cast<std::size_t>(limit) + 1);
  QCOMPARE(codeOf(exceeds.index() + 1, payloadOf(exceeds)), std::string("limit-exceeded"));
}

void ControlMessagesTest::numbersAreLimited() {
  const auto code = [](const ControlMessage& message) {
    return codeOf(message.index() + 1, payloadOf(message));
  };
  QCOMPARE(code(Login{0, 1, "t", "", "", {}}), std::string("malformed"));
  QCOMPARE(code(Login{2, 1, "t", "", "", {}}), std::string("malformed"));
  QCOMPARE(code(Login{2, 9, "t", "", "", {}}), std::string("ok"));
  QCOMPARE(code(LoginAccepted{0, "s", "d", 1, 1000, {}}), std::string("malformed"));
  QCOMPARE(code(LoginAccepted{1, "s", "d", 1, kMinHeartbeatMs - 1, {}}), std::string("malformed"));
  QCOMPARE(code(LoginAccepted{1, "s", "d", 1, kMaxHeartbeatMs + 1, {}}), std::string("malformed"));
  QCOMPARE(code(Declare{0, {}}), std::string("malformed"));
  QCOMPARE(code(Declared{0, {}}), std::string("malformed"));
  QCOMPARE(code(Declare{1, {{1, static_cast<TunnelKind>(0), ""}}}), std::string("malformed"));
  QCOMPARE(code(Declare{1, {{kVarintMax + 1, TunnelKind::Http, ""}}}), std::string("malformed"));
  QCOMPARE(code(Declared{1, {{kVarintMax + 1, false, "", "", "x", ""}}}), std::string("malformed"));
  const auto drain = map(1, [](cbor::Writer& w) { w.number(1), w.number(0x100000000); });
  QCOMPARE(codeOf(8, drain), std::string("malformed"));
  // Times are within what calendars know.
  QCOMPARE(code(Login{1, 1, "t", "", "", {}, "i", 1, 253'402'300'799}), std::string("ok"));
  QCOMPARE(code(Login{1, 1, "t", "", "", {}, "i", 1, 253'402'300'800}), std::string("malformed"));
  QCOMPARE(code(Withdrawn{{kVarintMax + 1}, "x", ""}), std::string("malformed"));
}

void ControlMessagesTest::machineTextsAreVisibleAscii() {
  for (const char* text : {"a b", "a\nb", "a\x7f", "\xc3\xa4", "a\tb"}) {
    QCOMPARE(codeOf(1, payloadOf(Login{1, 1, text, "", "", {}})), std::string("malformed"));
    QCOMPARE(codeOf(1, payloadOf(Login{1, 1, "t", "", "", {text}})), std::string("malformed"));
    QCOMPARE(codeOf(2, payloadOf(LoginAccepted{1, "s", text, 1, 1000, {}})), std::string("malformed"));
    QCOMPARE(codeOf(3, payloadOf(LoginRefused{text, ""})), std::string("malformed"));
    QCOMPARE(codeOf(1, payloadOf(Login{1, 1, "t", "", "", {}, text})), std::string("malformed"));
    QCOMPARE(codeOf(9, payloadOf(Withdrawn{{1}, text, ""})), std::string("malformed"));
    QCOMPARE(codeOf(5, payloadOf(Declared{1, {{1, true, "a", std::string("http://") + text, "", ""}}})),
             std::string("malformed"));
  }
  // A tunnel's name is the user's: the server refuses that tunnel, not the session.
  QCOMPARE(codeOf(4, payloadOf(Declare{1, {{1, TunnelKind::Http, "my shop"}}})), std::string("ok"));
}

void ControlMessagesTest::answersMustBeComplete() {
  const auto code = [](TunnelAnswer answer) {
    return codeOf(5, payloadOf(Declared{1, {std::move(answer)}}));
  };
  QCOMPARE(code({1, true, "a", "", "", ""}), std::string("malformed"));
  QCOMPARE(code({1, true, "", "http://a", "", ""}), std::string("malformed"));
  QCOMPARE(code({1, false, "", "", "", "why"}), std::string("malformed"));
  QCOMPARE(code({1, false, "", "", "name-taken", ""}), std::string("ok"));
  QCOMPARE(codeOf(11, payloadOf(Released{1, false, "", "why"})), std::string("malformed"));
  QCOMPARE(codeOf(11, payloadOf(Released{1, true, "", ""})), std::string("ok"));
}

void ControlMessagesTest::answersTellOfTheAddress() {
  const TunnelAnswer whole{1, true, "a", "https://a:8443", "", "", 8080, true};
  const std::string payload = payloadOf(Declared{1, {whole}});
  const auto decoded = decodePayload(5, asBytes(payload));
  QVERIFY(decoded.has_value());
  QVERIFY(std::get<Declared>(*decoded).answers.at(0) == whole);
  // What is not so is not sent: older clients are spared, and newer ones read it as not so.
  const std::string plain = payloadOf(Declared{1, {{1, true, "a", "https://a:8443", "", ""}}});
  QCOMPARE(payload.size() - plain.size(), std::size_t{6});
  // A port is one.
  QCOMPARE(codeOf(5, payloadOf(Declared{1, {{1, true, "a", "https://a", "", "", 65535}}})),
           std::string("ok"));
  QCOMPARE(codeOf(5, payloadOf(Declared{1, {{1, true, "a", "https://a", "", "", 65536}}})),
           std::string("malformed"));
}

void ControlMessagesTest::addressesMustBeSafeToOpen() {
  const auto code = [](const char* url) {
    return codeOf(5, payloadOf(Declared{1, {{1, true, "a", url, "", ""}}}));
  };
  for (const char* url : {"http://a", "https://a", "tcp://a:1", "udp://a:1"})
    QCOMPARE(code(url), std::string("ok"));
  for (const char* url : {"file:///etc/passwd", "javascript:alert(1)", "a", "HTTP:", "smb://a", "//a"}) {
    QCOMPARE(code(url), std::string("malformed"));
  }
}

void ControlMessagesTest::idsMustDiffer() {
  QCOMPARE(codeOf(4, payloadOf(Declare{1, {{1, TunnelKind::Http, "a"}, {1, TunnelKind::Http, "b"}}})),
           std::string("malformed"));
  QCOMPARE(codeOf(5, payloadOf(Declared{1, {{1, false, "", "", "x", ""}, {1, false, "", "", "x", ""}}})),
           std::string("malformed"));
}

void ControlMessagesTest::unknownTunnelKindsPass() {
  const auto decoded =
      decodePayload(4, asBytes(payloadOf(Declare{1, {{1, static_cast<TunnelKind>(200), "a"}}})));
  QVERIFY(decoded.has_value());
  QCOMPARE(static_cast<int>(std::get<Declare>(*decoded).tunnels[0].kind), 200);
}

void ControlMessagesTest::theLargestMessagesFit() {
  const std::uint64_t large = kVarintMax - kMaxTunnels;
  Login login{1,
              0xffffffff,
              std::string(kMaxToken, 't'),
              std::string(kMaxClientName, 'n'),
              std::string(kMaxAgent, 'a'),
              std::vector<std::string>(kMaxCapabilities, std::string(kMaxCapability, 'c')),
              std::string(kMaxInstance, 'i'),
              0xffffffff,
              253'402'300'799,
              std::string(kMaxProgram, 'p')};
  QVERIFY(payloadOf(login).size() <= kMaxLoginMessage);
  Declare declare{large, {}};
  Declared refused{large, {}};
  Declared accepted{large, {}};
  for (std::size_t i = 0; i < kMaxTunnels; ++i) {
    declare.tunnels.push_back(
        {large + i, static_cast<TunnelKind>(255), std::string(kMaxTunnelName, 'n'), true, true});
    refused.answers.push_back({large + i, false, "", "", std::string(kMaxErrorCode, 'c'),
                               std::string(kMaxSentence, 'm'), 0, false,
                               NameHolder{std::string(kMaxClientName, 'd'), std::string(kMaxProgram, 'p'),
                                          0xffffffff, 253'402'300'799, true}});
    accepted.answers.push_back({large + i, true, std::string(kMaxTunnelName, 'n'),
                                "http://" + std::string(kMaxUrl - 7, 'u'), "", ""});
  }
  QVERIFY(payloadOf(declare).size() <= kMaxClientMessage);
  QVERIFY(payloadOf(refused).size() <= kMaxControlMessage);
  QVERIFY(payloadOf(accepted).size() <= kMaxControlMessage);
  QCOMPARE(codeOf(5, payloadOf(accepted)), std::string("ok"));
}

void ControlMessagesTest::textsForPeopleAreMadeToFit() {
  // Cut between characters, never inside one, and repaired where the system handed over something else than
  // UTF-8.
  std::string reason(kMaxSentence - 1, 'x');
  reason += "\xc3\xa4 and more";
  const auto cut = decodePayload(8, asBytes(payloadOf(Drain{1, reason})));
  QVERIFY(cut.has_value());
  QCOMPARE(std::get<Drain>(*cut).reason, std::string(kMaxSentence - 1, 'x'));
  const auto repaired =
      decodePayload(1, asBytes(payloadOf(Login{1, 1, "t", "h\xe4ns\xff \xf0\x9f\x9a\x87", "", {}})));
  QVERIFY(repaired.has_value());
  QCOMPARE(std::get<Login>(*repaired).clientName, std::string("h?ns? \xf0\x9f\x9a\x87"));
}

QTEST_APPLESS_MAIN(ControlMessagesTest)
#include "control_messages_test.moc"
