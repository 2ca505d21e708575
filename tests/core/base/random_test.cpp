// SPDX-License-Identifier: Apache-2.0
// Bounds without bias, repeatable sequences, names that are DNS labels.
#include <array>
#include <set>

#include <QRegularExpression>
#include <QTest>

#include "core/base/random.h"

using namespace adit;

namespace {

/// Gives the numbers it is told to.
class Scripted final : public Random {
 public:
  explicit Scripted(std::vector<std::uint64_t> numbers) : m_numbers(std::move(numbers)) {}
  void fill(std::span<std::uint8_t> out) override {
    const std::uint64_t number = m_numbers.at(m_next++);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  [[nodiscard]] std::size_t drawn() const { return m_next; }

 private:
  std::vector<std::uint64_t> m_numbers;
  std::size_t m_next = 0;
};

}  // namespace

class RandomTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void seedsRepeat() {
    SeededRandom a(42), b(42), c(43);
    std::array<std::uint8_t, 33> fromA{}, fromB{}, fromC{};
    a.fill(fromA);
    b.fill(fromB);
    c.fill(fromC);
    QVERIFY(fromA == fromB);
    QVERIFY(fromA != fromC);
    QCOMPARE(a.next(), b.next());
    a.fill({});
  }

  void belowStaysBelow_data() {
    QTest::addColumn<quint64>("bound");
    for (const quint64 bound : {1ULL, 2ULL, 3ULL, 10ULL, 1000ULL, 1ULL << 32, (1ULL << 63) + 1, ~0ULL}) {
      QTest::addRow("%llu", bound) << bound;
    }
  }
  void belowStaysBelow() {
    QFETCH(quint64, bound);
    SeededRandom random(1);
    for (int i = 0; i < 1000; ++i) QVERIFY(random.below(bound) < bound);
  }

  void belowZeroIsZero() {
    Scripted random({});
    QCOMPARE(random.below(0), std::uint64_t{0});
    QCOMPARE(random.drawn(), std::size_t{0});
  }

  void belowRedrawsWhatWouldBias() {
    // 2^64 mod 10 is 6: the draws 0 to 5 have no partner.
    Scripted random({0, 5, 6});
    QCOMPARE(random.below(10), std::uint64_t{6});
    QCOMPARE(random.drawn(), std::size_t{3});
  }

  void everyValueComesUp() {
    SeededRandom random(3);
    std::array<int, 7> seen{};
    for (int i = 0; i < 7000; ++i) ++seen[random.below(7)];
    for (const int count : seen) QVERIFY2(count > 850 && count < 1150, qPrintable(QString::number(count)));
  }

  void secureRandomFillsEverything() {
    SecureRandom random;
    std::array<std::uint8_t, 64> zeros{}, first{}, second{};
    random.fill(first);
    random.fill(second);
    QVERIFY(first != second);
    QVERIFY(first != zeros);
    random.fill({});
    std::set<std::uint64_t> numbers;
    for (int i = 0; i < 100; ++i) numbers.insert(random.next());
    QCOMPARE(numbers.size(), std::size_t{100});
  }

  void namesAreDnsLabels() {
    SeededRandom random(5);
    static const QRegularExpression kLabel(QStringLiteral("^[a-z]+-[a-z]+-[1-9][0-9]$"));
    std::set<std::string> names;
    for (int i = 0; i < 5000; ++i) {
      const std::string name = readableName(random);
      QVERIFY2(kLabel.match(QString::fromStdString(name)).hasMatch(), name.c_str());
      QVERIFY(name.size() <= 24);
      names.insert(name);
    }
    QVERIFY(names.size() > 4900);
  }
};

QTEST_APPLESS_MAIN(RandomTest)
#include "random_test.moc"
