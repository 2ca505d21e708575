// SPDX-License-Identifier: Apache-2.0
// Where windows stand: on screens that are there, whatever was kept.
#include "ui/windows/window_place.h"

#include <QTest>

using namespace adit::ui;

class WindowPlaceTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aRectangleIsMovedIntoItsRoom() {
    const QRect room(100, 50, 800, 600);
    QCOMPARE(within({200, 100, 300, 200}, room), QRect(200, 100, 300, 200));
    QCOMPARE(within({0, 0, 300, 200}, room), QRect(100, 50, 300, 200));
    QCOMPARE(within({800, 600, 300, 200}, room), QRect(600, 450, 300, 200));
    QCOMPARE(within({0, 0, 3000, 2000}, room), room);
  }

  void windowsStayOnScreens_data() {
    QTest::addColumn<QList<QRect>>("screens");
    QTest::addColumn<QRect>("kept");
    QTest::addColumn<QRect>("place");
    const QRect left(0, 0, 1920, 1080);
    const QRect right(1920, 0, 1920, 1080);
    const QRect small(0, 0, 1024, 600);
    QTest::newRow("as it was") << QList{left} << QRect(300, 200, 1120, 740) << QRect(300, 200, 1120, 740);
    QTest::newRow("on the second screen")
        << QList{left, right} << QRect(2200, 200, 1120, 740) << QRect(2200, 200, 1120, 740);
    QTest::newRow("whose screen is gone")
        << QList{left} << QRect(2200, 200, 1120, 740) << QRect(794, 200, 1120, 740);
    QTest::newRow("a screen left of the first is gone")
        << QList{left} << QRect(-1700, 100, 1120, 740) << QRect(6, 100, 1120, 740);
    QTest::newRow("hangs over an edge")
        << QList{left} << QRect(1500, 500, 1120, 740) << QRect(1500, 500, 1120, 740);
    QTest::newRow("all but gone") << QList{left} << QRect(1900, 500, 1120, 740) << QRect(794, 334, 1120, 740);
    QTest::newRow("title bar out of reach")
        << QList{left} << QRect(300, -200, 1120, 740) << QRect(300, 40, 1120, 740);
    QTest::newRow("larger than the screen")
        << QList{small} << QRect(300, 200, 1120, 740) << QRect(6, 40, 1012, 554);
    QTest::newRow("no screen at all")
        << QList<QRect>() << QRect(300, 200, 1120, 740) << QRect(300, 200, 1120, 740);
  }
  void windowsStayOnScreens() {
    QFETCH(QList<QRect>, screens);
    QFETCH(QRect, kept);
    QFETCH(QRect, place);
    QCOMPARE(placedOn(screens, kept), place);
  }
};

QTEST_GUILESS_MAIN(WindowPlaceTest)
#include "window_place_test.moc"
