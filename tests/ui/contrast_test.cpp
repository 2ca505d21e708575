// SPDX-License-Identifier: Apache-2.0
// WCAG 2 contrast of everything that is shown, in both themes: text at least 4.5 : 1 on every ground it
// stands on, what is drawn (dots, curves, the edges of fields, the ring of focus) at least 3 : 1.
#include <QTest>

#include "ui/theme/colors.h"

using namespace adit::ui;

namespace {

using Ground = std::pair<const char*, QColor>;

constexpr double kText = 4.5;
constexpr double kDrawn = 3;

/// What the window has behind text and pictures.
QList<Ground> grounds(const Colors& colors) {
  return {{"window", colors.window},
          {"card", colors.card},
          {"hovered card", colors.cardHover},
          {"selected card", colors.cardSelected},
          {"field", colors.field}};
}

/// The style sheet's @hover and @pressed.
QColor hover(const Colors& colors) { return mixed(colors.card, colors.text, colors.dark ? 0.09 : 0.055); }
QColor pressed(const Colors& colors) { return mixed(colors.card, colors.text, colors.dark ? 0.15 : 0.11); }

void check(const char* what, const QColor& color, const Ground& ground, double least) {
  const double found = contrast(color, ground.second);
  QVERIFY2(found >= least, qPrintable(QStringLiteral("%1 on %2: %3 : 1, not %4")
                                          .arg(QLatin1StringView(what), QLatin1StringView(ground.first))
                                          .arg(found, 0, 'f', 2)
                                          .arg(least)));
}

}  // namespace

class ContrastTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void themes_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
  }

  void theMeasureIsTheStandards() {
    QCOMPARE(qRound(contrast(Qt::white, Qt::black) * 100), 2100);
    QCOMPARE(qRound(contrast(QColor(0x777777), Qt::white) * 100), 448);  // The well-known near miss.
    QCOMPARE(contrast(Qt::red, Qt::red), 1.0);
  }

  void textIsReadable() {
    QFETCH(bool, dark);
    const Colors& colors = dark ? darkColors() : lightColors();
    for (const Ground& ground : grounds(colors)) {
      check("text", colors.text, ground, 7);
      check("secondary", colors.secondary, ground, kText);
      check("faint", colors.faint, ground, kText);
      check("link", colors.link, ground, kText);
      for (const auto& [name, tone] : {Ground{"online", colors.online}, Ground{"waiting", colors.waiting},
                                       Ground{"error", colors.error}, Ground{"stopped", colors.stopped}})
        check(name, inkOf(tone, colors), ground, kText);
    }
    check("the axis of requests", mixed(colors.requests, colors.text, 0.15), {"card", colors.card}, kText);
    check("text", colors.text, {"pressed", pressed(colors)}, kText);
    for (const QColor& color : {colors.text, colors.secondary, colors.link})
      check("a button's text", color, {"hover", hover(colors)}, kText);
    check("error", inkOf(colors.error, colors), {"danger", mixed(colors.card, colors.error, 0.10)}, kText);
    for (const QColor& tone : {colors.online, colors.waiting, colors.error, colors.stopped}) {
      const Ground ground{"its tint", groundOf(tone, colors)};
      check("ink", inkOf(tone, colors), ground, kText);
      check("ink", inkOf(tone, colors), {"its pill", pillOf(tone, colors)}, kText);
      check("link", colors.link, ground, kText);
      check("text", colors.text, ground, kText);
      check("secondary", colors.secondary, ground, kText);
    }
    for (const Ground& ground :
         {Ground{"accent", colors.accent}, Ground{"hovered accent", colors.accentHover},
          Ground{"pressed accent", colors.accentPressed}})
      check("onAccent", colors.onAccent, ground, kText);
  }
  void textIsReadable_data() { themes_data(); }

  void whatIsDrawnIsSeen() {
    QFETCH(bool, dark);
    const Colors& colors = dark ? darkColors() : lightColors();
    for (const Ground& ground : grounds(colors)) {
      for (const auto& [name, tone] :
           {Ground{"online", colors.online}, Ground{"waiting", colors.waiting}, Ground{"error", colors.error},
            Ground{"stopped", colors.stopped}, Ground{"in", colors.trafficIn},
            Ground{"out", colors.trafficOut}, Ground{"requests", colors.requests},
            Ground{"symbol", colors.secondary}, Ground{"the edge of a field", colors.fieldBorder},
            Ground{"focus", colors.focus}, Ground{"selected card's edge", colors.accent}})
        check(name, tone, ground, kDrawn);
    }
    check("symbol", colors.secondary, {"pressed", pressed(colors)}, kDrawn);
    for (const QColor& tone : {colors.waiting, colors.error})
      check("a strip's symbol", tone, {"its tint", groundOf(tone, colors)}, kDrawn);
  }
  void whatIsDrawnIsSeen_data() { themes_data(); }

  void focusDiffersFromItsAbsence() {
    QFETCH(bool, dark);
    const Colors& colors = dark ? darkColors() : lightColors();
    check("ring", colors.focus, {"a button's edge", colors.borderStrong}, kDrawn);
    check("ring", colors.focusOnAccent, {"accent", colors.accent}, kDrawn);
    check("ring", colors.focusOnAccent, {"window", colors.window}, kDrawn);
  }
  void focusDiffersFromItsAbsence_data() { themes_data(); }
};

QTEST_GUILESS_MAIN(ContrastTest)
#include "contrast_test.moc"
