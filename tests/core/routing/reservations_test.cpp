// SPDX-License-Identifier: Apache-2.0
// Reservations in their file: the text, and what a crash, a full disk or a strange file leaves.
#include "core/routing/reservation_keeper.h"

#include <filesystem>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/append_file.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "tests/core/support/must_work.h"

using namespace adit;
using namespace adit::routing;
using adit::test::mustWork;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

Timestamp at(Duration sinceStart) { return Timestamp(std::chrono::hours(1)) + sinceStart; }

const Reservation kHeld{"shop", "jane", false, true};
Reservation left(const std::string& name, Duration leftAt, Duration until) {
  return {name, "jane", true, false, at(leftAt), at(until)};
}

/// Names that change by the test's hand.
struct Names final : ReservationKeeper::Source {
  std::vector<ReservationChange> takeChanges() override { return std::exchange(changes, {}); }
  std::vector<Reservation> reservations() override {
    changes.clear();
    ++wholes;
    return all;
  }
  std::vector<ReservationChange> changes;
  std::vector<Reservation> all;
  int wholes = 0;
};

struct Bench {
  QTemporaryDir temporary;
  fs::path file = fs::path(temporary.path().toStdString()) / "names";

  [[nodiscard]] std::unique_ptr<ReservationKeeper> open(Duration now = 0s) const {
    return ReservationKeeper::open(file, at(now)).value();
  }
  [[nodiscard]] std::string content() const { return readFile(file, FileSecrecy::Secret, 1 << 24).value(); }
  void write(std::string_view text) const { mustWork(writeFileAtomically(file, text, FileSecrecy::Secret)); }
};

}  // namespace

class ReservationsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theTextSurvivesTheTrip() {
    const RunningClock clock{at(0s), 1000};
    std::string text = reservationHeader() + timeLine(clock, at(50s));
    text += reservationLine({kHeld, false}, clock);
    text += reservationLine({left("calm-river-7", 10s, 600s), false}, clock);
    text += reservationLine({{"gone", "jane", false, true}, false}, clock);
    text += reservationLine({{"gone", "jane"}, true}, clock);
    // Read three days later: the clock stood still.
    const auto file = parseReservations(text, at(72h));
    QVERIFY(file.has_value());
    QCOMPARE(file->damagedLines, std::size_t{0});
    QCOMPARE(file->clock.secondsAtStart, std::int64_t{1050});
    QCOMPARE(file->reservations.size(), std::size_t{2});
    QVERIFY(file->reservations[0] == left("calm-river-7", 72h - 40s, 72h + 550s));
    QVERIFY(file->reservations[1] == kHeld);
  }

  void everyTornEndLosesItsLineOnly() {
    const RunningClock clock{at(0s), 0};
    const std::string whole =
        reservationHeader() + timeLine(clock, at(0s)) + reservationLine({kHeld, false}, clock);
    const std::string last = reservationLine({left("blog", 0s, 60s), false}, clock);
    for (std::size_t cut = 1; cut < last.size() - 1; ++cut) {
      const auto file = parseReservations(whole + last.substr(0, cut), at(0s));
      QVERIFY(file.has_value());
      QCOMPARE(file->damagedLines, std::size_t{1});
      QCOMPARE(file->reservations.size(), std::size_t{1});
      QVERIFY(file->reservations[0] == kHeld);
    }
  }

  void oneDamagedLineDoesNotHideTheOthers() {
    const RunningClock clock{at(0s), 0};
    const std::string good = reservationLine({kHeld, false}, clock);
    for (std::string bad :
         {std::string(500, '\0'), std::string("name"), std::string("name x y asked held 00000000"),
          std::string("\xff\xfe"), std::string("free"), std::string(100'000, 'x')}) {
      const auto file = parseReservations(reservationHeader() + bad + "\n" + good, at(0s));
      QVERIFY(file.has_value());
      QCOMPARE(file->damagedLines, std::size_t{1});
      QCOMPARE(file->reservations.size(), std::size_t{1});
    }
  }

  void refusesWhatANewerVersionWrote() {
    Bench bench;
    const std::string header = reservationHeader();
    bench.write("adit-names 2" + header.substr(header.rfind(' ')));  // another line's checksum: damaged
    QVERIFY(ReservationKeeper::open(bench.file, at(0s)).has_value());
    bench.write("adit-names 2 1baf7ffe\n");
    const auto newer = ReservationKeeper::open(bench.file, at(0s));
    QVERIFY(!newer.has_value());
    QVERIFY(newer.error().code == ErrorCode::Unsupported);
    QVERIFY2(newer.error().detail.find(bench.file.string()) != std::string::npos,
             newer.error().detail.c_str());
  }

  void randomBytesAreHandled() {
    SeededRandom random(3);
    const RunningClock clock{at(0s), 5};
    for (int round = 0; round < 2000; ++round) {
      std::string text = reservationHeader() + reservationLine({kHeld, false}, clock) +
                         reservationLine({left("blog", 0s, 60s), false}, clock);
      for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips)
        text[random.below(text.size())] = static_cast<char>(random.next());
      if (const auto file = parseReservations(text, at(0s)); file) QCOMPARE_LE(file->reservations.size(), 2U);
    }
  }

  void keepsChangesOverARestart() {
    Bench bench;
    Names names;
    names.all = {kHeld};
    {
      const auto keeper = bench.open();
      QVERIFY(keeper->reservations().empty());
      mustWork(keeper->keep(names, at(0s)));
      QCOMPARE(names.wholes, 1);
      const std::string whole = bench.content();
      mustWork(keeper->keep(names, at(1s)));
      QCOMPARE(bench.content(), whole);  // nothing changed
      names.changes = {{left("blog", 1s, 3600s), false}, {{"other", "joe", false, true}, false}};
      mustWork(keeper->keep(names, at(2s)));
      names.changes = {{{"other", "joe"}, true}};
      mustWork(keeper->keep(names, at(3s)));
      QCOMPARE(names.wholes, 1);
      QVERIFY(bench.content().starts_with(whole));
    }
    const auto again = bench.open(48h);
    QCOMPARE(again->reservations().size(), std::size_t{2});
    QVERIFY(again->reservations()[0] == left("blog", 48h - 2s, 48h + 3597s));
    QVERIFY(again->reservations()[1] == kHeld);
    QVERIFY((fs::status(bench.file).permissions() & (fs::perms::group_all | fs::perms::others_all)) ==
            fs::perms::none);
  }

  void theClockGoesOnWithoutChanges() {
    Bench bench;
    Names names;
    {
      const auto keeper = bench.open();
      mustWork(keeper->keep(names, at(0s)));
      mustWork(keeper->keep(names, at(9min)));
      mustWork(keeper->keep(names, at(11min)));
    }
    const auto file = parseReservations(bench.content(), at(0s));
    QCOMPARE(file->clock.secondsAtStart, std::int64_t{660});
  }

  void rewritesALongLog() {
    Bench bench;
    Names names;
    names.all = {kHeld};
    const auto keeper = bench.open();
    mustWork(keeper->keep(names, at(0s)));
    for (int i = 0; i < 12; ++i) {
      names.changes.assign(1000, {kHeld, false});
      mustWork(keeper->keep(names, at(1s)));
    }
    QCOMPARE(names.wholes, 2);
    QCOMPARE_LT(bench.content().size(), std::size_t{100'000});
  }

  void aFullDiskIsAnError() {
    if (!fs::exists("/dev/full")) QSKIP("this system has no device that is always full");
    const auto full = AppendFile::open("/dev/full");
    QVERIFY(full.has_value());
    const auto refused = (*full)->append("x");
    QVERIFY(!refused.has_value());
    QVERIFY(refused.error().code == ErrorCode::DiskFull);
  }

  void whatCannotBeWrittenIsWrittenWhole() {
    Bench bench;
    Names names;
    names.all = {kHeld};
    const auto keeper = bench.open();
    fs::create_directory(bench.file);  // no file can be put there
    QVERIFY(!keeper->keep(names, at(0s)).has_value());
    names.changes = {{left("blog", 0s, 60s), false}};
    QVERIFY(!keeper->keep(names, at(1s)).has_value());
    fs::remove(bench.file);
    names.all.push_back(left("blog", 0s, 60s));
    mustWork(keeper->keep(names, at(2s)));
    QCOMPARE(bench.open()->reservations().size(), std::size_t{2});
  }

  void aFileThatIsGoneIsWrittenAnew() {
    Bench bench;
    Names names;
    names.all = {kHeld};
    const auto keeper = bench.open();
    mustWork(keeper->keep(names, at(0s)));
    fs::remove(bench.file);
    names.changes = {{left("blog", 0s, 60s), false}};
    const auto lost = keeper->keep(names, at(1s));
    QVERIFY(!lost.has_value());
    QCOMPARE(toString(lost.error().code), toString(ErrorCode::NotFound));
    names.all.push_back(left("blog", 0s, 60s));
    mustWork(keeper->keep(names, at(2s)));
    QCOMPARE(bench.open()->reservations().size(), std::size_t{2});
  }

  void theThreadWritesWhatChangedLast() {
    Bench bench;
    Names names;
    {
      const auto keeper = bench.open();
      names.all = {kHeld};
      keeper->start(names, 1h);  // so that only its end is left
    }
    QCOMPARE(bench.open()->reservations().size(), std::size_t{1});
  }

  void appendsAfterWhatIsThere() {
    Bench bench;
    QVERIFY(AppendFile::open(bench.file).error().code == ErrorCode::NotFound);
    bench.write("one\n");
    const auto file = AppendFile::open(bench.file).value();
    mustWork(file->append("two\n"));
    mustWork(file->append("three\n"));
    QCOMPARE(bench.content(), std::string("one\ntwo\nthree\n"));
  }
};

QTEST_APPLESS_MAIN(ReservationsTest)
#include "reservations_test.moc"
