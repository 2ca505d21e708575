// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include <QTest>

#include "core/base/nearest_word.h"

using namespace adit;

class NearestWordTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void distances() {
    QCOMPARE(editDistance("", ""), std::size_t{0});
    QCOMPARE(editDistance("", "abc"), std::size_t{3});
    QCOMPARE(editDistance("abc", ""), std::size_t{3});
    QCOMPARE(editDistance("same", "same"), std::size_t{0});
    QCOMPARE(editDistance("nmae", "name"), std::size_t{2});
    QCOMPARE(editDistance("kitten", "sitting"), std::size_t{3});
    QCOMPARE(editDistance("sitting", "kitten"), std::size_t{3});
  }

  void findsTheNearest() {
    constexpr std::array<std::string_view, 5> kKnown{"name", "target", "started", "tls", "id"};
    QCOMPARE(nearestWord("nam", kKnown), std::string_view("name"));
    QCOMPARE(nearestWord("traget", kKnown), std::string_view("target"));
    QCOMPARE(nearestWord("target", kKnown), std::string_view("target"));
    QCOMPARE(nearestWord("colour", kKnown), std::string_view());
    QCOMPARE(nearestWord("stopped", kKnown), std::string_view());
    QCOMPARE(nearestWord("stopped", kKnown, 4), std::string_view("started"));
    QCOMPARE(nearestWord("nmae", kKnown), std::string_view("name"));
    QCOMPARE(nearestWord("start", kKnown), std::string_view("started"));
    QCOMPARE(nearestWord("", kKnown), std::string_view());
    QCOMPARE(nearestWord("zz", kKnown), std::string_view());    // would make anything of "id"
    QCOMPARE(nearestWord("x", kKnown, 3), std::string_view());  // would make anything of "tls"
    QCOMPARE(nearestWord(std::string(100'000, 'n'), kKnown, 200'000), std::string_view());
  }
};

QTEST_APPLESS_MAIN(NearestWordTest)
#include "nearest_word_test.moc"
