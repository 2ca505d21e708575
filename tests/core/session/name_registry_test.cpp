// SPDX-License-Identifier: Apache-2.0
#include "core/session/name_registry.h"

#include <spdlog/fmt/fmt.h>
#include <QtTest>

using namespace adit;
using namespace adit::session;
using namespace std::chrono_literals;

namespace {

Timestamp at(Duration sinceStart) { return Timestamp(std::chrono::hours(1)) + sinceStart; }

tls::Pin key(std::uint32_t number) {
  tls::Pin pin;
  std::memcpy(pin.sha256.data(), &number, sizeof number);
  return pin;
}

}  // namespace

class NameRegistryTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void normalizes_data();
  void normalizes();
  void aNameBelongsToItsKey();
  void theSameKeyGetsItAgain();
  void releasedNamesAreFreeAtOnce();
  void onlyTheOwnerReleases();
  void namesAreKeptForTheGraceTime();
  void anExpiredNameGoesToTheNext();
  void comingBackEndsTheGrace();
  void goingTwiceDoesNotProlong();
  void choosesReadableNames();
  void choosesAnotherWhenTaken();
  void aKeyCannotHoardNames();
  void theTotalIsBounded();
  void expiredNamesAreSwept();
};

void NameRegistryTest::normalizes_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("label");  // empty: refused
  QTest::newRow("plain") << "shop"
                         << "shop";
  QTest::newRow("capitals") << "My-Shop-2"
                            << "my-shop-2";
  QTest::newRow("one character") << "a"
                                 << "a";
  QTest::newRow("digits") << "123"
                          << "123";
  QTest::newRow("63 characters") << QString(63, 'x') << QString(63, 'x');
  QTest::newRow("64 characters") << QString(64, 'x') << "";
  QTest::newRow("empty") << ""
                         << "";
  QTest::newRow("hyphen first") << "-a"
                                << "";
  QTest::newRow("hyphen last") << "a-"
                               << "";
  QTest::newRow("dot") << "a.b"
                       << "";
  QTest::newRow("underscore") << "a_b"
                              << "";
  QTest::newRow("space") << "a b"
                         << "";
  QTest::newRow("newline") << "a\n"
                           << "";
  QTest::newRow("umlaut") << QString::fromUtf8("sch\xc3\xb6n") << "";
  QTest::newRow("punycode") << "XN--80ak6aa92e"
                            << "";
  QTest::newRow("www") << "WWW"
                       << "";
  QTest::newRow("admin") << "admin"
                         << "";
  QTest::newRow("api") << "Api"
                       << "";
  QTest::newRow("adit") << "adit"
                        << "";
  QTest::newRow("like a reserved one") << "api2"
                                       << "api2";
}

void NameRegistryTest::normalizes() {
  QFETCH(QString, name);
  QFETCH(QString, label);
  const auto result = normalizeName(name.toStdString());
  QCOMPARE(result.has_value(), !label.isEmpty());
  if (result) {
    QCOMPARE(QString::fromStdString(*result), label);
  } else {
    QVERIFY(result.error().code == ErrorCode::NameInvalid);
  }
}

void NameRegistryTest::aNameBelongsToItsKey() {
  NameRegistry registry;
  SeededRandom random(1);
  QCOMPARE(registry.acquire("Shop", key(1), at(0s), random).value(), std::string("shop"));
  QVERIFY(registry.ownerOf("SHOP", at(0s)) == key(1));
  const auto second = registry.acquire("shop", key(2), at(1000h), random);
  QVERIFY(!second.has_value());
  QVERIFY(second.error().code == ErrorCode::NameTaken);
  QVERIFY(second.error().detail.find("shop") != std::string::npos);
  QVERIFY(!registry.ownerOf("other", at(0s)));
  QVERIFY(!registry.ownerOf("not a name", at(0s)));
  QVERIFY(registry.acquire("not a name", key(2), at(0s), random).error().code == ErrorCode::NameInvalid);
}

void NameRegistryTest::theSameKeyGetsItAgain() {
  NameRegistry registry;
  SeededRandom random(1);
  QVERIFY(registry.acquire("shop", key(1), at(0s), random).has_value());
  QVERIFY(registry.acquire("shop", key(1), at(1s), random).has_value());  // a take-over declares anew
  QCOMPARE(registry.size(), std::size_t{1});
}

void NameRegistryTest::releasedNamesAreFreeAtOnce() {
  NameRegistry registry;
  SeededRandom random(1);
  QVERIFY(registry.acquire("shop", key(1), at(0s), random).has_value());
  registry.release("SHOP", key(1));
  QCOMPARE(registry.size(), std::size_t{0});
  QVERIFY(registry.acquire("shop", key(2), at(0s), random).has_value());
}

void NameRegistryTest::onlyTheOwnerReleases() {
  NameRegistry registry;
  SeededRandom random(1);
  QVERIFY(registry.acquire("shop", key(1), at(0s), random).has_value());
  registry.release("shop", key(2));
  registry.release("unknown", key(1));
  registry.release("no name", key(1));
  registry.ownerGone(key(2), at(0s));
  QVERIFY(registry.ownerOf("shop", at(1000h)) == key(1));
}

void NameRegistryTest::namesAreKeptForTheGraceTime() {
  NameRegistry registry(300s);
  SeededRandom random(1);
  QVERIFY(registry.acquire("shop", key(1), at(0s), random).has_value());
  registry.ownerGone(key(1), at(100s));
  QVERIFY(registry.ownerOf("shop", at(400s) - 1ns) == key(1));
  QVERIFY(registry.acquire("shop", key(2), at(400s) - 1ns, random).error().code == ErrorCode::NameTaken);
  QVERIFY(!registry.ownerOf("shop", at(400s)));
}

void NameRegistryTest::anExpiredNameGoesToTheNext() {
  NameRegistry registry(300s);
  SeededRandom random(1);
  QVERIFY(registry.acquire("shop", key(1), at(0s), random).has_value());
  registry.ownerGone(key(1), at(0s));
  QVERIFY(registry.acquire("shop", key(2), at(300s), random).has_value());
  QVERIFY(registry.ownerOf("shop", at(300s)) == key(2));
  // The old owner comes back late: its name is gone, and it cannot free it.
  QVERIFY(registry.acquire("shop", key(1), at(301s), random).error().code == ErrorCode::NameTaken);
  registry.release("shop", key(1));
  registry.ownerGone(key(1), at(301s));
  QVERIFY(registry.ownerOf("shop", at(1000h)) == key(2));
}

void NameRegistryTest::comingBackEndsTheGrace() {
  NameRegistry registry(300s);
  SeededRandom random(1);
  QVERIFY(registry.acquire("shop", key(1), at(0s), random).has_value());
  QVERIFY(registry.acquire("blog", key(1), at(0s), random).has_value());
  registry.ownerGone(key(1), at(0s));
  QVERIFY(registry.acquire("shop", key(1), at(299s), random).has_value());
  QVERIFY(registry.ownerOf("shop", at(1000h)) == key(1));
  QVERIFY(!registry.ownerOf("blog", at(300s)));  // it was not declared again
}

void NameRegistryTest::goingTwiceDoesNotProlong() {
  NameRegistry registry(300s);
  SeededRandom random(1);
  QVERIFY(registry.acquire("shop", key(1), at(0s), random).has_value());
  registry.ownerGone(key(1), at(0s));
  registry.ownerGone(key(1), at(200s));
  QVERIFY(!registry.ownerOf("shop", at(300s)));
}

void NameRegistryTest::choosesReadableNames() {
  NameRegistry registry;
  SeededRandom random(1);
  const auto first = registry.acquire("", key(1), at(0s), random);
  const auto second = registry.acquire("", key(1), at(0s), random);
  QVERIFY(first && second && *first != *second);
  QVERIFY(normalizeName(*first).has_value());
  QVERIFY(registry.ownerOf(*first, at(0s)) == key(1));
}

void NameRegistryTest::choosesAnotherWhenTaken() {
  NameRegistry registry;
  SeededRandom random(7);
  const auto taken = registry.acquire("", key(1), at(0s), random);
  SeededRandom same(7);
  const auto other = registry.acquire("", key(2), at(0s), same);
  QVERIFY(taken && other && *taken != *other);
}

void NameRegistryTest::aKeyCannotHoardNames() {
  NameRegistry registry(300s);
  SeededRandom random(1);
  for (std::size_t i = 0; i < NameRegistry::kMaxNamesOfOwner; ++i) {
    QVERIFY(registry.acquire(fmt::format("n{}", i), key(1), at(0s), random).has_value());
    if (i % 1000 == 999) registry.ownerGone(key(1), at(0s));  // coming and going makes no room
  }
  const auto more = registry.acquire("more", key(1), at(0s), random);
  QVERIFY(!more && more.error().code == ErrorCode::LimitExceeded);
  QVERIFY(registry.acquire("n1", key(1), at(0s), random).has_value());
  QVERIFY(registry.acquire("more", key(2), at(0s), random).has_value());
  QVERIFY(registry.acquire("again", key(1), at(300s), random).has_value());
}

void NameRegistryTest::theTotalIsBounded() {
  NameRegistry registry(300s);
  SeededRandom random(1);
  for (std::uint32_t i = 0; i < NameRegistry::kMaxNames; ++i) {
    QVERIFY(registry.acquire(fmt::format("n{}", i), key(i / 1000), at(0s), random).has_value());
  }
  const auto more = registry.acquire("more", key(5000), at(0s), random);
  QVERIFY(!more && more.error().code == ErrorCode::Overloaded);
  const auto chosen = registry.acquire("", key(5000), at(0s), random);
  QVERIFY(!chosen && chosen.error().code == ErrorCode::Overloaded);
  registry.ownerGone(key(0), at(0s));
  QVERIFY(registry.acquire("more", key(5000), at(300s), random).has_value());
  QCOMPARE(registry.size(), NameRegistry::kMaxNames - 1000 + 1);
}

void NameRegistryTest::expiredNamesAreSwept() {
  NameRegistry registry(300s);
  SeededRandom random(1);
  for (std::uint32_t i = 0; i < 100; ++i) {
    QVERIFY(registry.acquire(fmt::format("n{}", i), key(i), at(0s), random).has_value());
    registry.ownerGone(key(i), at(0s));
  }
  QVERIFY(registry.acquire("other", key(1), at(301s), random).has_value());
  QCOMPARE(registry.size(), std::size_t{1});
}

QTEST_APPLESS_MAIN(NameRegistryTest)
#include "name_registry_test.moc"
