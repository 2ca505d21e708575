// SPDX-License-Identifier: Apache-2.0
// Names, lists, the table of common names, and the writer of heads.
#include <QTest>

#include <array>
#include <set>
#include <string>

#include "core/http/field_names.h"
#include "core/http/h1_writer.h"
#include "core/http/message.h"

using namespace adit::http;

class HttpMessageTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void comparesNames();
  void findsFields();
  void readsLists();
  void knowsItsNames();
  void namesKeepTheirNumbers();
  void writesHeads();
  void remembersOverflow();
  void writesChunkHeads();
  void knowsReasons();
};

void HttpMessageTest::comparesNames() {
  QVERIFY(equalsIgnoreCase("", ""));
  QVERIFY(equalsIgnoreCase("Host", "hOST"));
  QVERIFY(!equalsIgnoreCase("Host", "Hos"));
  QVERIFY(equalsIgnoreCase("Transfer-Encoding", "transfer-ENCODING"));
  QVERIFY(!equalsIgnoreCase("Transfer-Encoding", "Transfer-EncodinG2"));
  // Only letters have two cases: '@' and '`', '[' and '{' differ in the same bit.
  for (const auto& [a, b] : {std::pair{'@', '`'}, {'[', '{'}, {'-', '\r'}, {'2', '\x12'}, {'\xc1', '\xe1'}}) {
    for (std::size_t size : {1U, 5U, 8U, 9U, 17U}) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string x(size, 'x');
        std::string y(size, 'X');
        QVERIFY(equalsIgnoreCase(x, y));
        x[at] = a;
        y[at] = b;
        QVERIFY(!equalsIgnoreCase(x, y));
        QVERIFY(fieldId(x) == FieldId::Unknown);
      }
    }
  }
}

void HttpMessageTest::findsFields() {
  const std::vector<Field> fields = {{"A", "1"}, {"b", "2"}, {"B", "3"}};
  QCOMPARE(findField(fields, "B")->value, std::string_view("2"));
  QVERIFY(findField(fields, "c") == nullptr);
}

void HttpMessageTest::readsLists() {
  QVERIFY(listContains("a, Keep-Alive ,b", "keep-alive"));
  QVERIFY(listContains("close", "close"));
  QVERIFY(listContains(",,close", "close"));
  QVERIFY(listContains("\tclose\t", "close"));
  QVERIFY(!listContains("closed", "close"));
  QVERIFY(!listContains("not close", "close"));
  QVERIFY(!listContains("", "close"));
}

void HttpMessageTest::knowsItsNames() {
  std::set<std::string> seen;
  for (std::size_t number = 1; number < kFieldIdCount; ++number) {
    const auto id = static_cast<FieldId>(number);
    const std::string name(fieldName(id));
    const std::string lower(fieldNameLower(id));
    QVERIFY(seen.insert(lower).second);
    QVERIFY(equalsIgnoreCase(name, lower));
    QCOMPARE(QByteArray(lower.c_str()), QByteArray(name.c_str()).toLower());
    QVERIFY(fieldId(name) == id);
    QVERIFY(fieldId(lower) == id);
    QVERIFY(fieldId(QByteArray(name.c_str()).toUpper().toStdString()) == id);
    QVERIFY(fieldId(name + "x") != id);
    QVERIFY(fieldId(name.substr(1)) != id);
  }
  QVERIFY(fieldId("") == FieldId::Unknown);
  QVERIFY(fieldId("X-Nobody-Knows") == FieldId::Unknown);
  QVERIFY(fieldName(FieldId::Unknown).empty());
  QCOMPARE(fieldRoles(FieldId::Unknown), std::uint8_t{0});
}

void HttpMessageTest::namesKeepTheirNumbers() {
  // The numbers are on the wire (PROTOCOL.md section 4.4).
  QCOMPARE(static_cast<int>(FieldId::Host), 1);
  QCOMPARE(static_cast<int>(FieldId::XForwardedFor), 16);
  QCOMPARE(static_cast<int>(FieldId::Accept), 26);
  QCOMPARE(static_cast<int>(FieldId::ContentType), 48);
  QCOMPARE(static_cast<int>(FieldId::Location), 60);
  QCOMPARE(static_cast<int>(FieldId::UserAgent), 85);
  QCOMPARE(static_cast<int>(FieldId::XXSSProtection), 93);
  QCOMPARE(kFieldIdCount, std::size_t{94});
  QCOMPARE(fieldName(FieldId::XXSSProtection), std::string_view("X-XSS-Protection"));
}

void HttpMessageTest::writesHeads() {
  std::array<std::uint8_t, 128> room{};
  HeadBuffer buffer(room);
  buffer.text("HTTP/1.1 ")
      .number(200)
      .text(" OK\r\n")
      .field("Content-Length", "12")
      .field("X", "")
      .text("\r\n");
  QVERIFY(!buffer.overflowed());
  QCOMPARE(std::string(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(buffer.size())),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX: \r\n\r\n"));
  HeadBuffer largest(room);
  largest.number(UINT64_MAX);
  QCOMPARE(largest.size(), std::size_t{20});
}

void HttpMessageTest::remembersOverflow() {
  for (std::size_t size = 0; size < 9; ++size) {
    std::vector<std::uint8_t> room(size);
    HeadBuffer buffer(room);
    buffer.field("ab", "cde");  // nine bytes
    QVERIFY(buffer.overflowed());
    QCOMPARE(buffer.size(), std::size_t{0});
    buffer.text("").number(1);
    QVERIFY(buffer.overflowed());
    QCOMPARE(buffer.size(), std::size_t{0});
  }
  std::vector<std::uint8_t> room(9);
  HeadBuffer buffer(room);
  buffer.field("ab", "cde");
  QVERIFY(!buffer.overflowed());
  buffer.text("x");
  QVERIFY(buffer.overflowed());
  QCOMPARE(buffer.size(), std::size_t{9});
}

void HttpMessageTest::writesChunkHeads() {
  std::array<std::uint8_t, 18> room{};
  const auto head = [&room](std::uint64_t size) {
    const std::size_t count = writeChunkHead(size, room);
    return std::string(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count));
  };
  QCOMPARE(head(0), std::string("0\r\n"));
  QCOMPARE(head(0x1a2b), std::string("1a2b\r\n"));
  QCOMPARE(head(UINT64_MAX), std::string("ffffffffffffffff\r\n"));
  QCOMPARE(writeChunkHead(0x10, std::span(room).first(3)), std::size_t{0});
}

void HttpMessageTest::knowsReasons() {
  QCOMPARE(reasonPhrase(200), std::string_view("OK"));
  QCOMPARE(reasonPhrase(431), std::string_view("Request Header Fields Too Large"));
  QVERIFY(reasonPhrase(299).empty());
}

QTEST_APPLESS_MAIN(HttpMessageTest)
#include "http_message_test.moc"
