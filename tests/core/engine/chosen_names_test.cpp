// SPDX-License-Identifier: Apache-2.0
#include "core/engine/chosen_names.h"

#include <QTemporaryDir>
#include <QTest>

#include "core/base/files.h"
#include "tests/core/support/must_work.h"

using namespace adit;
using namespace adit::engine;
using adit::test::mustWork;

class ChosenNamesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aNameIsFoundAgain() {
    const QTemporaryDir directory;
    {
      ChosenNames names(directory.path().toStdString());
      auto place = names.claim("server", "3000").value();
      QVERIFY(place.name.empty());
      names.keep(place, "calm-river-7");
      QCOMPARE(place.name, std::string("calm-river-7"));
    }
    const ChosenNames again(directory.path().toStdString());
    QCOMPARE(again.claim("server", "3000")->name, std::string("calm-river-7"));
    QVERIFY(again.claim("server", "3001")->name.empty());
    QVERIFY(again.claim("another server", "3000")->name.empty());
  }

  void processesOfOneTargetHavePlacesOfTheirOwn() {
    const QTemporaryDir directory;
    {
      ChosenNames names(directory.path().toStdString());
      auto first = names.claim("server", "3000").value();
      auto second = names.claim("server", "3000").value();
      names.keep(first, "one");
      names.keep(second, "two");
    }
    ChosenNames names(directory.path().toStdString());
    auto first = std::make_optional(names.claim("server", "3000").value());
    const auto second = names.claim("server", "3000").value();
    QCOMPARE(first->name, std::string("one"));
    QCOMPARE(second.name, std::string("two"));
    // The first one ends and starts again.
    first.reset();
    QCOMPARE(names.claim("server", "3000")->name, std::string("one"));
  }

  void whatIsNoNameIsNotAskedFor() {
    const QTemporaryDir directory;
    const std::filesystem::path state = directory.path().toStdString();
    ChosenNames names(state);
    const auto file = names.claim("server", "3000")->file;
    for (const char* content : {"", "no name\n", "-x\n", "www\n"}) {
      mustWork(writeFileAtomically(file, content, FileSecrecy::Secret));
      const auto place = names.claim("server", "3000");
      QVERIFY(place.has_value());
      QVERIFY2(place->name.empty(), content);
    }
    mustWork(writeFileAtomically(file, "fine\n", FileSecrecy::Secret));
    QCOMPARE(names.claim("server", "3000")->name, std::string("fine"));
  }

  void aFileInTheWayIsAnError() {
    const QTemporaryDir directory;
    const std::filesystem::path state = directory.path().toStdString();
    mustWork(writeFileAtomically(state / "names", "x", FileSecrecy::Secret));
    QVERIFY(!ChosenNames(state).claim("server", "3000").has_value());
  }
};

QTEST_APPLESS_MAIN(ChosenNamesTest)
#include "chosen_names_test.moc"
