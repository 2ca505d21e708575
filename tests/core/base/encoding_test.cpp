// SPDX-License-Identifier: Apache-2.0
// base64url with RFC 4648's vectors, everything malformed refused, hexadecimal and constant-time comparison.
#include <QByteArray>
#include <QTest>

#include "core/base/encoding.h"
#include "core/base/random.h"

using namespace adit;

class EncodingTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void encodesTheKnownVectors_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("text");
    // RFC 4648, section 10, without padding.
    QTest::newRow("0") << QByteArray("") << QByteArray("");
    QTest::newRow("1") << QByteArray("f") << QByteArray("Zg");
    QTest::newRow("2") << QByteArray("fo") << QByteArray("Zm8");
    QTest::newRow("3") << QByteArray("foo") << QByteArray("Zm9v");
    QTest::newRow("4") << QByteArray("foob") << QByteArray("Zm9vYg");
    QTest::newRow("5") << QByteArray("fooba") << QByteArray("Zm9vYmE");
    QTest::newRow("6") << QByteArray("foobar") << QByteArray("Zm9vYmFy");
    QTest::newRow("url alphabet") << QByteArray::fromHex("fbefbeffffff") << QByteArray("----____");
  }
  void encodesTheKnownVectors() {
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, text);
    QCOMPARE(toBase64Url(asBytes(bytes.toStdString())), text.toStdString());
    const auto back = fromBase64Url(text.toStdString());
    QVERIFY(back.has_value());
    QCOMPARE(std::string(asText(*back)), bytes.toStdString());
  }

  void agreesWithQtOnRandomBytes() {
    SeededRandom random(11);
    for (std::size_t size = 0; size < 200; ++size) {
      std::vector<std::uint8_t> bytes(size);
      random.fill(bytes);
      const QByteArray qt(reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(size));
      const std::string text = toBase64Url(bytes);
      QCOMPARE(text,
               qt.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals).toStdString());
      QVERIFY(*fromBase64Url(text) == bytes);
      QCOMPARE(toHex(bytes), qt.toHex().toStdString());
    }
  }

  void refusesMalformedText_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("padding") << QByteArray("Zg==");
    QTest::newRow("space") << QByteArray("Zm 9v");
    QTest::newRow("line end") << QByteArray("Zm9v\n");
    QTest::newRow("plain alphabet +") << QByteArray("Zm9+");
    QTest::newRow("plain alphabet /") << QByteArray("Zm9/");
    QTest::newRow("one character") << QByteArray("Z");
    QTest::newRow("five characters") << QByteArray("Zm9vY");
    QTest::newRow("NUL") << QByteArray("Zm\0v", 4);
    QTest::newRow("high byte") << QByteArray("Zm\xff\x76");
    // A second text for the same bytes would let two tokens look different and be equal.
    QTest::newRow("stray bits after one byte") << QByteArray("Zh");
    QTest::newRow("stray bits after two bytes") << QByteArray("Zm9");
  }
  void refusesMalformedText() {
    QFETCH(QByteArray, text);
    const auto bytes = fromBase64Url(text.toStdString());
    QVERIFY(!bytes.has_value());
    QCOMPARE(toString(bytes.error().code), std::string_view("malformed"));
  }

  void comparesBytes() {
    QVERIFY(equalConstantTime(asBytes(""), asBytes("")));
    QVERIFY(equalConstantTime(asBytes("secret"), asBytes("secret")));
    QVERIFY(!equalConstantTime(asBytes("secret"), asBytes("secres")));
    QVERIFY(!equalConstantTime(asBytes("secret"), asBytes("Secret")));
    QVERIFY(!equalConstantTime(asBytes("secret"), asBytes("secre")));
    QVERIFY(!equalConstantTime(asBytes(""), asBytes("s")));
  }
};

QTEST_APPLESS_MAIN(EncodingTest)
#include "encoding_test.moc"
