// SPDX-License-Identifier: Apache-2.0
#include "core/base/display_text.h"

#include <QtTest>

using adit::displayText;

class DisplayTextTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void cleans_data();
  void cleans();
  void cutsBetweenCharacters();
};

void DisplayTextTest::cleans_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QByteArray>("line");
  QTest::newRow("plain") << QByteArray("name taken") << QByteArray("name taken");
  QTest::newRow("languages") << QByteArray("\xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x9a\x87")
                             << QByteArray("\xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x9a\x87");
  QTest::newRow("lines") << QByteArray("\r\n a\r\n\tb \n") << QByteArray("a b");
  QTest::newRow("terminal") << QByteArray(
                                   "\x1b]0;title\x07"
                                   "a\x1b[2J")
                            << QByteArray("]0;titlea[2J");
  QTest::newRow("NUL and DEL") << QByteArray("a\0b\x7f", 4) << QByteArray("ab");
  QTest::newRow("C1") << QByteArray(
                             "a\xc2\x9b"
                             "b")
                      << QByteArray("ab");
  QTest::newRow("direction") << QByteArray(
                                    "a\xe2\x80\xae"
                                    "b\xe2\x81\xa6")
                             << QByteArray("ab");
  QTest::newRow("line separator") << QByteArray(
                                         "a\xe2\x80\xa8"
                                         "b")
                                  << QByteArray("a b");
  QTest::newRow("no-break space") << QByteArray(
                                         "a\xc2\xa0"
                                         "b")
                                  << QByteArray("a b");
  QTest::newRow("invalid") << QByteArray(
                                  "a\xff\xe4"
                                  "b")
                           << QByteArray("a??b");
  QTest::newRow("empty") << QByteArray() << QByteArray();
}

void DisplayTextTest::cleans() {
  QFETCH(QByteArray, text);
  QFETCH(QByteArray, line);
  QCOMPARE(QByteArray::fromStdString(displayText(text.toStdString())), line);
}

void DisplayTextTest::cutsBetweenCharacters() {
  QCOMPARE(displayText("abc\xc3\xa4", 5), std::string("abc\xc3\xa4"));
  QCOMPARE(displayText("abc\xc3\xa4", 4), std::string("abc"));
  QCOMPARE(displayText("ab c", 3), std::string("ab"));  // no space is left at the end
  QCOMPARE(displayText("abc", 0), std::string());
}

QTEST_APPLESS_MAIN(DisplayTextTest)
#include "display_text_test.moc"
