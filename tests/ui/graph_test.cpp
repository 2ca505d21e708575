// SPDX-License-Identifier: Apache-2.0
// What is drawn: the graph, icons, themes.
#include <QApplication>
#include <QPainterPath>
#include <QTest>

#include "ui/format.h"
#include "ui/theme/colors.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/painting.h"
#include "ui/widgets/stat_tile.h"
#include "ui/widgets/traffic_graph.h"

using namespace std::chrono_literals;
using namespace adit;
using namespace adit::ui;

namespace {

int countColor(const QImage& image, const QColor& color, int tolerance = 24) {
  int count = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      const QColor at = image.pixelColor(x, y);
      count += std::abs(at.red() - color.red()) < tolerance &&
               std::abs(at.green() - color.green()) < tolerance &&
               std::abs(at.blue() - color.blue()) < tolerance;
    }
  }
  return count;
}

std::shared_ptr<TrafficHistory> minute(SteadyTime end, std::uint64_t out) {
  auto history = std::make_shared<TrafficHistory>();
  engine::TrafficCounters counters;
  for (auto at = end - 62s; at <= end; at += 100ms) {
    counters.bytesOut += out;
    counters.requests += 1;
    history->add(at, counters);
  }
  return history;
}

}  // namespace

class GraphTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() {
    m_theme = std::make_unique<Theme>();
    m_theme->apply(ThemeMode::Light);
  }

  void theGraphDrawsItsCurves() {
    TrafficGraph graph(TrafficGraph::Kind::Full);
    const SteadyTime now(5000s);
    graph.setClock([now] { return now; });
    graph.resize(640, 300);
    const QImage empty = graph.grab().toImage();
    QVERIFY(countColor(empty, lightColors().card, 4) > 640 * 300 / 2);
    const int before = countColor(empty, lightColors().trafficOut);
    graph.setHistory(minute(now, 20'000));
    const QImage full = graph.grab().toImage();
    QVERIFY2(countColor(full, lightColors().trafficOut) > before + 400, "the curve of what goes out");
    QVERIFY2(countColor(full, lightColors().requests) > countColor(empty, lightColors().requests) + 200,
             "the line of requests");
    QVERIFY(full != empty);
  }

  void figuresOfATileKeepTheirSize() {
    StatTile tile(StatTile::Mark::Out);
    for (const int width : {84, 96, 110, 130, 240}) {
      tile.resize(width, 100);
      tile.setValue(formatRate(0), {});
      const double scale = tile.valueScale();
      for (double rate = 1; rate < 1e13; rate *= 1.3) {
        tile.setValue(formatRate(rate), {});
        QVERIFY2(tile.valueScale() == scale, qPrintable(tile.value()));
      }
    }
  }

  void labelsOfTheAxisHaveRoom() {
    const QFontMetricsF metrics(scaledFont(QApplication::font(), 0.86));
    const double room = metrics.horizontalAdvance(widestRate());
    for (double peak = 300; peak < 20e12; peak *= 1.05) {
      GraphScale scale(1000);
      scale.fit(peak);
      for (int i = 1; i <= GraphScale::kSteps; ++i) {
        const QString text = formatRate(i * scale.step(), Digits::Fewest);
        QVERIFY2(metrics.horizontalAdvance(text) <= room, qPrintable(text));
      }
      const QString requests = formatRequests(scale.top(), Digits::Fewest);
      if (peak < 9e6)
        QVERIFY2(metrics.horizontalAdvance(requests) <= metrics.horizontalAdvance(QStringLiteral("8,888")),
                 qPrintable(requests));
    }
  }

  void theGraphSlides() {
    TrafficGraph graph(TrafficGraph::Kind::Full);
    SteadyTime now(5000s);
    graph.setClock([&now] { return now; });
    graph.resize(640, 300);
    auto history = std::make_shared<TrafficHistory>();
    engine::TrafficCounters counters;
    for (int i = 0; i < 600; ++i) {
      counters.bytesIn += static_cast<std::uint64_t>(i % 100) * 1000;
      history->add(now - 60s + i * 100ms, counters);
    }
    graph.setHistory(history);
    const QImage first = graph.grab().toImage();
    QCOMPARE(graph.grab().toImage(), first);  // Time alone moves it.
    now += 3s;
    QVERIFY(graph.grab().toImage() != first);
  }

  void framesAreDrawnOnlyWhileVisible() {
    TrafficGraph graph(TrafficGraph::Kind::Full);
    QVERIFY(!graph.animating());
    graph.show();
    QVERIFY(graph.animating());
    graph.hide();
    QVERIFY(!graph.animating());
  }

  void thePointerReadsValues() {
    TrafficGraph graph(TrafficGraph::Kind::Full);
    const SteadyTime now(5000s);
    graph.setClock([now] { return now; });
    graph.setHistory(minute(now, 20'000));
    graph.resize(640, 300);
    graph.show();
    const QImage without = graph.grab().toImage();
    QTest::mouseMove(&graph, QPoint(10, 10));
    QTest::mouseMove(&graph, QPoint(320, 150));
    QTRY_VERIFY(graph.grab().toImage() != without);
  }

  void theCompactGraphIsAButton() {
    TrafficGraph graph(TrafficGraph::Kind::Compact);
    int clicks = 0;
    connect(&graph, &TrafficGraph::clicked, this, [&clicks] { ++clicks; });
    graph.resize(170, 42);
    QTest::mouseClick(&graph, Qt::LeftButton);
    QTest::mouseClick(&graph, Qt::RightButton);
    QCOMPARE(clicks, 1);
  }

  void curvesOfOddHistories() {
    const CurveFrame frame{.rect = QRectF(0, 0, 100, 50), .end = SteadyTime(100s), .top = 10};
    TrafficHistory history;
    QVERIFY(ratePath(history, Rate::In, frame).isEmpty());
    QVERIFY(areaUnder({}, frame.rect).isEmpty());
    history.add(SteadyTime(10s), {});  // Long past the left edge.
    QVERIFY(ratePath(history, Rate::In, frame).isEmpty());
    history.add(SteadyTime(99s), {});
    const QPainterPath path = ratePath(history, Rate::In, frame);
    // Held until the right edge, so that a late sample leaves no gap.
    QCOMPARE(path.currentPosition().x(), 100.0);
  }

  void everyIconIsDrawn() {
    for (int i = 0; i <= static_cast<int>(Symbol::ArrowRight); ++i) {
      const QPixmap pixmap = symbolPixmap(static_cast<Symbol>(i), 16, Qt::black, 2);
      QCOMPARE(pixmap.size(), QSize(32, 32));
      QVERIFY2(countColor(pixmap.toImage().convertToFormat(QImage::Format_ARGB32), Qt::black) > 20,
               qPrintable(QString::number(i)));
      QVERIFY(!symbolIcon(static_cast<Symbol>(i)).isNull());
    }
    for (const char* name : {"adit", "tray-online", "tray-offline", "tray-connecting", "tray-error"}) {
      for (const int size : {16, 22, 64})
        QVERIFY2(!picturePixmap(QString::fromLatin1(name), size, 1).isNull(), name);
      QVERIFY(!pictureIcon(QString::fromLatin1(name)).availableSizes().isEmpty());
    }
    QVERIFY(picturePixmap(QStringLiteral("no-such"), 16, 1).isNull());
  }

  void symbolsFollowTheTheme() {
    const QIcon icon = symbolIcon(Symbol::Stop);
    const QColor light = icon.pixmap(QSize(24, 24), 1.0).toImage().pixelColor(12, 12);
    m_theme->apply(ThemeMode::Dark);
    const QColor dark = icon.pixmap(QSize(24, 24), 1.0).toImage().pixelColor(12, 12);
    QVERIFY(light.lightness() < 80);
    QVERIFY(dark.lightness() > 180);
    const QColor disabled = icon.pixmap(QSize(24, 24), 1.0, QIcon::Disabled).toImage().pixelColor(12, 12);
    QVERIFY(disabled.lightness() < dark.lightness());
  }

  void themesHaveNames() {
    for (const ThemeMode mode : {ThemeMode::System, ThemeMode::Light, ThemeMode::Dark}) {
      QCOMPARE(Theme::modeFromString(Theme::toString(mode)), mode);
    }
    QCOMPARE(Theme::modeFromString(QStringLiteral("purple")), ThemeMode::System);
    QVERIFY(isDark(Theme::palette(true)));
    QVERIFY(!isDark(Theme::palette(false)));
    m_theme->apply(ThemeMode::System);  // The offscreen platform is light.
    QVERIFY(!m_theme->dark());
    QVERIFY(!qApp->styleSheet().contains(u'@'));
  }

 private:
  std::unique_ptr<Theme> m_theme;
};

QTEST_MAIN(GraphTest)
#include "graph_test.moc"
