// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/header_bar.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

#include "ui/format.h"
#include "ui/messages.h"
#include "ui/shortcuts.h"
#include "ui/theme/icons.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/painting.h"
#include "ui/widgets/traffic_graph.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

constexpr int kMark = 38;
constexpr int kLeft = 20;
constexpr int kGraphFrom = 940;  // The graph needs a window at least this wide.
constexpr int kFiguresFrom = 660;

}  // namespace

/// Three figures in columns of fixed width, so that nothing moves when they change.
class HeaderBar::Figures : public QWidget {
 public:
  using QWidget::QWidget;
  void setRates(const TrafficRates& rates) {
    m_rates = rates;
    setAccessibleDescription(trafficText(rates));
    update();
  }
  QSize sizeHint() const override {
    const QFontMetrics metrics(valueFont());
    return {3 * column(), metrics.height() + QFontMetrics(labelFont()).height() + 2};
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    const Colors& colors = colorsOf(palette());
    const std::pair<QString, QString> items[] = {
        {HeaderBar::tr("In"), formatRate(m_rates.bytesIn)},
        {HeaderBar::tr("Out"), formatRate(m_rates.bytesOut)},
        {HeaderBar::tr("Requests/s"), formatRequests(m_rates.requests)}};
    const QColor marks[] = {colors.trafficIn, colors.trafficOut, colors.requests};
    const int labelHeight = QFontMetrics(labelFont()).height();
    painter.setRenderHint(QPainter::Antialiasing);
    for (int i = 0; i < 3; ++i) {
      const QRect box(i * column(), (height() - sizeHint().height()) / 2, column() - 12, sizeHint().height());
      painter.setPen(Qt::NoPen);
      painter.setBrush(marks[i]);
      painter.drawEllipse(QPointF(box.left() + 3.5, box.top() + labelHeight / 2.0 + 0.5), 3.5, 3.5);
      painter.setFont(labelFont());
      painter.setPen(colors.secondary);
      painter.drawText(box.adjusted(12, 0, 0, 0), Qt::AlignLeading | Qt::AlignTop, items[i].first);
      painter.setFont(valueFont());
      painter.setPen(colors.text);
      painter.drawText(box, Qt::AlignLeading | Qt::AlignBottom, items[i].second);
    }
  }

 private:
  [[nodiscard]] QFont valueFont() const { return scaledFont(font(), 1.12, QFont::Bold); }
  [[nodiscard]] QFont labelFont() const { return scaledFont(font(), 0.82); }
  [[nodiscard]] int column() const { return QFontMetrics(valueFont()).horizontalAdvance(widestRate()) + 22; }

  TrafficRates m_rates;
};

HeaderBar::HeaderBar(QWidget* parent)
    : QWidget(parent),
      m_title(new QLabel(u"Adit"_s, this)),
      m_server(new ElidedLabel(ElidedLabel::Kind::Secondary, this)),
      m_figures(new Figures(this)),
      m_graph(new TrafficGraph(TrafficGraph::Kind::Compact, this)),
      m_add(new QPushButton(this)),
      m_menu(new QToolButton(this)) {
  setObjectName(u"headerBar"_s);
  m_server->setObjectName(u"linkLabel"_s);
  m_figures->setObjectName(u"totalFigures"_s);
  m_graph->setObjectName(u"totalGraph"_s);
  m_add->setObjectName(u"addButton"_s);
  m_menu->setObjectName(u"menuButton"_s);

  m_title->setFont(scaledFont(font(), 1.3, QFont::Bold));
  m_server->setFont(scaledFont(font(), 0.9));
  m_add->setProperty("primary", true);
  m_add->setIcon(symbolIcon(Symbol::Add, Ink::OnAccent));
  m_menu->setIcon(symbolIcon(Symbol::Settings));
  m_menu->setIconSize({20, 20});
  m_menu->setPopupMode(QToolButton::InstantPopup);
  m_menu->setShortcut(keysOf(Command::Menu));
  m_figures->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
  m_graph->setFixedSize(170, 42);

  auto* names = new QVBoxLayout;
  names->setSpacing(0);
  names->addStretch();
  names->addWidget(m_title);
  auto* server = new QHBoxLayout;
  server->addSpacing(13);
  server->addWidget(m_server, 1);
  names->addLayout(server);
  names->addStretch();
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(kLeft + kMark + 12, 10, 14, 10);
  row->setSpacing(14);
  row->addLayout(names, 1);
  row->addWidget(m_figures);
  row->addWidget(m_graph);
  row->addSpacing(4);
  row->addWidget(m_add);
  row->addWidget(m_menu);
  setFixedHeight(70);
  connect(m_add, &QPushButton::clicked, this, &HeaderBar::addRequested);
  connect(m_graph, &TrafficGraph::clicked, this, &HeaderBar::overviewRequested);
  retranslate();
}

void HeaderBar::setMenu(QMenu* menu) { m_menu->setMenu(menu); }

void HeaderBar::showLink(const engine::Snapshot& snapshot) {
  m_link = snapshot.link;
  m_status = statusOf(snapshot.link.state);
  QString text;
  switch (m_link.state) {
    case engine::LinkState::Online:
      text = m_link.embedded ? tr("Server on this computer") : fromUtf8(m_link.server);
      if (!m_link.embedded && m_link.roundTripMs > 0)
        text += u" · "_s + formatMilliseconds(m_link.roundTripMs);
      break;
    case engine::LinkState::Connecting:
      text = tr("Connecting to %1…").arg(serverName(m_link));
      break;
    case engine::LinkState::Waiting:
    case engine::LinkState::Failed:
    case engine::LinkState::Offline:
    case engine::LinkState::Stopped:
      text = tr("Not connected to %1").arg(serverName(m_link));
      break;
  }
  m_server->setText(text);
  update();
}

void HeaderBar::showTraffic(const TrafficRates& rates) {
  m_figures->setRates(rates);
  m_graph->setAccessibleDescription(m_figures->accessibleDescription());
}

void HeaderBar::retranslate() {
  m_add->setText(tr("Expose a port"));
  m_add->setAccessibleName(m_add->text());
  m_add->setToolTip(withKeys(tr("Give a service on this computer a public address"), Command::Add));
  m_menu->setAccessibleName(tr("Menu"));
  m_menu->setToolTip(withKeys(m_menu->accessibleName(), Command::Menu));
  m_figures->setAccessibleName(tr("Traffic of all tunnels"));
  m_graph->setAccessibleName(tr("Show all tunnels together"));
  m_graph->setToolTip(withKeys(m_graph->accessibleName(), Command::Overview));
  engine::Snapshot snapshot;
  snapshot.link = m_link;
  showLink(snapshot);
}

void HeaderBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Colors& colors = colorsOf(palette());
  painter.fillRect(rect(), colors.card);
  painter.fillRect(QRect(0, height() - 1, width(), 1), colors.border);
  painter.drawPixmap(kLeft, (height() - kMark) / 2, picturePixmap(u"adit"_s, kMark, devicePixelRatioF()));
  const QPoint line = m_server->geometry().topLeft();
  paintStateDot(painter, QPointF(line.x() - 9, line.y() + m_server->height() / 2.0 + 0.5), 6.5, m_status,
                colors);
}

void HeaderBar::resizeEvent(QResizeEvent* event) {
  m_graph->setVisible(width() >= kGraphFrom);
  m_figures->setVisible(width() >= kFiguresFrom);
  QWidget::resizeEvent(event);
}

void HeaderBar::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace adit::ui
