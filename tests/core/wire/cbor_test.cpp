// SPDX-License-Identifier: Apache-2.0
#include "core/wire/cbor.h"

#include <QtTest>

#include <string>

#include "core/base/utf8.h"

using namespace adit;
using namespace adit::wire;

namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string result;
  for (const int value : values) result.push_back(static_cast<char>(value));
  return result;
}

bool skips(std::string_view data) {
  cbor::Reader reader(asBytes(data));
  return reader.skip() && reader.atEnd();
}

}  // namespace

class CborTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void numbersUseTheirShortestForm_data();
  void numbersUseTheirShortestForm();
  void longerFormsAreRefused_data();
  void longerFormsAreRefused();
  void anotherTypeIsRefused();
  void floatsAreNoBooleans();
  void textMustBeUtf8_data();
  void textMustBeUtf8();
  void textLongerThanTheDataIsRefused();
  void skipTakesEveryType_data();
  void skipTakesEveryType();
  void skipRefusesWhatIsNotWellFormed_data();
  void skipRefusesWhatIsNotWellFormed();
  void skipBoundsDepth();
  void skipSurvivesHostileNesting();
};

// Appendix A of RFC 8949.
void CborTest::numbersUseTheirShortestForm_data() {
  QTest::addColumn<quint64>("value");
  QTest::addColumn<QByteArray>("encoded");
  QTest::newRow("0") << quint64{0} << QByteArray::fromHex("00");
  QTest::newRow("23") << quint64{23} << QByteArray::fromHex("17");
  QTest::newRow("24") << quint64{24} << QByteArray::fromHex("1818");
  QTest::newRow("255") << quint64{255} << QByteArray::fromHex("18ff");
  QTest::newRow("256") << quint64{256} << QByteArray::fromHex("190100");
  QTest::newRow("65535") << quint64{65535} << QByteArray::fromHex("19ffff");
  QTest::newRow("65536") << quint64{65536} << QByteArray::fromHex("1a00010000");
  QTest::newRow("1000000") << quint64{1000000} << QByteArray::fromHex("1a000f4240");
  QTest::newRow("2^32-1") << quint64{0xffffffff} << QByteArray::fromHex("1affffffff");
  QTest::newRow("2^32") << quint64{0x100000000} << QByteArray::fromHex("1b0000000100000000");
  QTest::newRow("2^64-1") << ~quint64{0} << QByteArray::fromHex("1bffffffffffffffff");
}

void CborTest::numbersUseTheirShortestForm() {
  QFETCH(quint64, value);
  QFETCH(QByteArray, encoded);
  std::string out;
  cbor::Writer(out).number(value);
  QCOMPARE(QByteArray::fromStdString(out), encoded);
  cbor::Reader reader(asBytes(out));
  std::uint64_t read = 0;
  QVERIFY(reader.number(read));
  QCOMPARE(quint64{read}, value);
  QVERIFY(reader.atEnd());
  for (std::size_t cut = 0; cut < out.size(); ++cut) {
    cbor::Reader truncated(asBytes(out).first(cut));
    QVERIFY(!truncated.number(read));
  }
}

void CborTest::longerFormsAreRefused_data() {
  QTest::addColumn<QByteArray>("encoded");
  QTest::newRow("23 in one byte") << QByteArray::fromHex("1817");
  QTest::newRow("255 in two") << QByteArray::fromHex("1900ff");
  QTest::newRow("65535 in four") << QByteArray::fromHex("1a0000ffff");
  QTest::newRow("2^32-1 in eight") << QByteArray::fromHex("1b00000000ffffffff");
  QTest::newRow("reserved 28") << QByteArray::fromHex("1c00");
  QTest::newRow("reserved 30") << QByteArray::fromHex("1e00");
  QTest::newRow("indefinite") << QByteArray::fromHex("1f00");
}

void CborTest::longerFormsAreRefused() {
  QFETCH(QByteArray, encoded);
  const std::string data = encoded.toStdString();
  std::uint64_t value = 0;
  cbor::Reader reader(asBytes(data));
  QVERIFY(!reader.number(value));
}

void CborTest::anotherTypeIsRefused() {
  std::string text;
  cbor::Writer(text).text("7");
  std::uint64_t number = 0;
  QVERIFY(!cbor::Reader(asBytes(text)).number(number));
  QVERIFY(!cbor::Reader(asBytes(text)).map(number));
  QVERIFY(!cbor::Reader(asBytes(text)).array(number));
  bool boolean = false;
  QVERIFY(!cbor::Reader(asBytes(text)).boolean(boolean));
  std::string seven;
  cbor::Writer(seven).number(7);
  std::string_view view;
  QVERIFY(!cbor::Reader(asBytes(seven)).text(view));
}

void CborTest::floatsAreNoBooleans() {
  bool value = false;
  const std::string yes = bytes({0xf5});
  QVERIFY(cbor::Reader(asBytes(yes)).boolean(value));
  QVERIFY(value);
  const std::string no = bytes({0xf4});
  QVERIFY(cbor::Reader(asBytes(no)).boolean(value));
  QVERIFY(!value);
  const std::string null = bytes({0xf6});
  QVERIFY(!cbor::Reader(asBytes(null)).boolean(value));
  const std::string half = bytes({0xf9, 0x00, 0x15});  // a float whose bits are the number of `true`
  QVERIFY(!cbor::Reader(asBytes(half)).boolean(value));
}

void CborTest::textMustBeUtf8_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<bool>("valid");
  QTest::newRow("ascii") << QByteArray("adit") << true;
  QTest::newRow("empty") << QByteArray() << true;
  QTest::newRow("two bytes") << QByteArray("\xc3\xa4") << true;
  QTest::newRow("three bytes") << QByteArray("\xe4\xb8\xad") << true;
  QTest::newRow("four bytes") << QByteArray("\xf0\x9f\x9a\x87") << true;
  QTest::newRow("last point") << QByteArray("\xf4\x8f\xbf\xbf") << true;
  QTest::newRow("beyond the last point") << QByteArray("\xf4\x90\x80\x80") << false;
  QTest::newRow("overlong slash") << QByteArray("\xc0\xaf") << false;
  QTest::newRow("overlong in three") << QByteArray("\xe0\x80\xaf") << false;
  QTest::newRow("overlong in four") << QByteArray("\xf0\x80\x80\xaf") << false;
  QTest::newRow("surrogate") << QByteArray("\xed\xa0\x80") << false;
  QTest::newRow("lone continuation") << QByteArray("\x80") << false;
  QTest::newRow("cut off") << QByteArray("a\xe4\xb8") << false;
  QTest::newRow("broken sequence") << QByteArray("\xe4\x41\xad") << false;
  QTest::newRow("0xff") << QByteArray("\xff") << false;
}

void CborTest::textMustBeUtf8() {
  QFETCH(QByteArray, text);
  QFETCH(bool, valid);
  QCOMPARE(isUtf8(text.toStdString()), valid);
  std::string out;
  cbor::Writer(out).text(text.toStdString());
  std::string_view read;
  cbor::Reader reader(asBytes(out));
  QCOMPARE(reader.text(read), valid);
  QCOMPARE(skips(out), valid);
  if (valid) QCOMPARE(QByteArray::fromStdString(std::string(read)), text);
}

void CborTest::textLongerThanTheDataIsRefused() {
  std::string_view read;
  const std::string shortOne = bytes({0x63, 'a', 'b'});
  QVERIFY(!cbor::Reader(asBytes(shortOne)).text(read));
  const std::string huge = bytes({0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'a'});
  QVERIFY(!cbor::Reader(asBytes(huge)).text(read));
  QVERIFY(!skips(huge));
}

void CborTest::skipTakesEveryType_data() {
  QTest::addColumn<QByteArray>("encoded");
  QTest::newRow("negative") << QByteArray::fromHex("3903e7");
  QTest::newRow("bytes") << QByteArray::fromHex("4401020304");
  QTest::newRow("text") << QByteArray::fromHex("6449455446");
  QTest::newRow("empty array") << QByteArray::fromHex("80");
  QTest::newRow("empty map") << QByteArray::fromHex("a0");
  QTest::newRow("nested") << QByteArray::fromHex("8301820203820405");
  QTest::newRow("map of maps") << QByteArray::fromHex("a26161a101026162820203");
  QTest::newRow("tag") << QByteArray::fromHex("c11a514b67b0");
  QTest::newRow("null") << QByteArray::fromHex("f6");
  QTest::newRow("half float") << QByteArray::fromHex("f90000");
  QTest::newRow("float") << QByteArray::fromHex("fa47c35000");
  QTest::newRow("double") << QByteArray::fromHex("fb3ff199999999999a");
  QTest::newRow("simple") << QByteArray::fromHex("f8ff");
}

void CborTest::skipTakesEveryType() {
  QFETCH(QByteArray, encoded);
  const std::string data = encoded.toStdString();
  QVERIFY(skips(data));
  for (std::size_t cut = 0; cut < data.size(); ++cut) QVERIFY(!skips(std::string_view(data).substr(0, cut)));
}

void CborTest::skipRefusesWhatIsNotWellFormed_data() {
  QTest::addColumn<QByteArray>("encoded");
  QTest::newRow("indefinite text") << QByteArray::fromHex("7f6161ff");
  QTest::newRow("indefinite array") << QByteArray::fromHex("9f01ff");
  QTest::newRow("break") << QByteArray::fromHex("ff");
  QTest::newRow("array with too many entries") << QByteArray::fromHex("9bffffffffffffffff01");
  QTest::newRow("map whose doubled count is 2") << QByteArray::fromHex("bb800000000000000101020304");
  QTest::newRow("map without its last value") << QByteArray::fromHex("a201020304").left(4);
  QTest::newRow("simple in long form") << QByteArray::fromHex("f814");
}

void CborTest::skipRefusesWhatIsNotWellFormed() {
  QFETCH(QByteArray, encoded);
  QVERIFY(!skips(encoded.toStdString()));
}

void CborTest::skipBoundsDepth() {
  const auto nested = [](std::size_t depth, char opener) {
    return std::string(depth, opener) + std::string(1, '\0');
  };
  for (const char opener : {static_cast<char>(0x81), static_cast<char>(0xc1)}) {
    QVERIFY(skips(nested(cbor::kMaxDepth, opener)));
    QVERIFY(!skips(nested(cbor::kMaxDepth + 1, opener)));
  }
  // Levels that are done do not count.
  std::string wide = bytes({0x98, 100});
  for (int i = 0; i < 100; ++i) wide += nested(cbor::kMaxDepth - 1, static_cast<char>(0x81));
  QVERIFY(skips(wide));
}

void CborTest::skipSurvivesHostileNesting() {
  // A reader that recurses would use up its stack on each of these.
  for (const int opener : {0x81, 0xa1, 0xc1, 0x7f, 0x5f, 0x9f, 0xbf}) {
    QVERIFY(!skips(std::string(1'000'000, static_cast<char>(opener))));
  }
}

QTEST_APPLESS_MAIN(CborTest)
#include "cbor_test.moc"
