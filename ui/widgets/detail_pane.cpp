// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/detail_pane.h"

#include <algorithm>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

#include "ui/accessibility.h"
#include "ui/format.h"
#include "ui/messages.h"
#include "ui/origin_text.h"
#include "ui/shortcuts.h"
#include "ui/status.h"
#include "ui/theme/icons.h"
#include "ui/widgets/copy_button.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/painting.h"
#include "ui/widgets/stat_tile.h"
#include "ui/widgets/state_pill.h"
#include "ui/widgets/traffic_graph.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

// In a narrower pane the fourth tile and the texts of the address's buttons are hidden.
constexpr int kRoomyFrom = 480;

}  // namespace

DetailPane::DetailPane(QWidget* parent)
    : QWidget(parent),
      m_history(std::make_shared<TrafficHistory>()),
      m_name(new ElidedLabel(ElidedLabel::Kind::Plain, this)),
      m_state(new StatePill(this)),
      m_address(new ElidedLabel(ElidedLabel::Kind::Link, this)),
      m_plainRow(new QWidget(this)),
      m_plain(new ElidedLabel(ElidedLabel::Kind::Link, this)),
      m_copyPlain(new CopyButton(this)),
      m_certificate(new QLabel(this)),
      m_target(new ElidedLabel(ElidedLabel::Kind::Secondary, this)),
      m_options(new QLabel(this)),
      m_problemRow(new QWidget(this)),
      m_problemLine(new QBoxLayout(QBoxLayout::LeftToRight, m_problemRow)),
      m_problem(new QLabel(this)),
      m_takeOver(new QPushButton(this)),
      m_mend(new QPushButton(this)),
      m_addressBox(new QWidget(this)),
      m_copy(new CopyButton(this)),
      m_open(new QPushButton(this)),
      m_toggle(new QPushButton(this)),
      m_edit(new QToolButton(this)),
      m_remove(new QToolButton(this)),
      m_in(new StatTile(StatTile::Mark::In, this)),
      m_out(new StatTile(StatTile::Mark::Out, this)),
      m_requests(new StatTile(StatTile::Mark::Requests, this)),
      m_active(new StatTile(StatTile::Mark::None, this)),
      m_graph(new TrafficGraph(TrafficGraph::Kind::Full, this)) {
  nameParts();
  build();
  connect(m_copy, &QPushButton::clicked, this, &DetailPane::copyRequested);
  connect(m_open, &QPushButton::clicked, this, &DetailPane::openRequested);
  connect(m_address, &ElidedLabel::activated, this, &DetailPane::openRequested);
  connect(m_copyPlain, &QPushButton::clicked, this, &DetailPane::copyPlainRequested);
  connect(m_plain, &ElidedLabel::activated, this, &DetailPane::openPlainRequested);
  connect(m_takeOver, &QPushButton::clicked, this, &DetailPane::takeOverRequested);
  connect(m_mend, &QPushButton::clicked, this, &DetailPane::editRequested);
  connect(m_edit, &QToolButton::clicked, this, &DetailPane::editRequested);
  connect(m_remove, &QToolButton::clicked, this, &DetailPane::removeRequested);
  connect(m_toggle, &QPushButton::clicked, this, [this] {
    if (!m_tunnel) return;
    if (m_tunnel->state == engine::TunnelState::Stopped) {
      Q_EMIT startRequested();
    } else {
      Q_EMIT stopRequested();
    }
  });
  refresh();
}

void DetailPane::nameParts() {
  setObjectName(u"detailPane"_s);
  m_name->setObjectName(u"detailName"_s);
  m_state->setObjectName(u"detailState"_s);
  m_address->setObjectName(u"detailAddress"_s);
  m_plain->setObjectName(u"detailPlainAddress"_s);
  m_copyPlain->setObjectName(u"copyPlainButton"_s);
  m_certificate->setObjectName(u"detailCertificate"_s);
  m_options->setObjectName(u"detailOptions"_s);
  m_takeOver->setObjectName(u"takeOverButton"_s);
  m_mend->setObjectName(u"mendButton"_s);
  m_target->setObjectName(u"detailTarget"_s);
  m_problem->setObjectName(u"detailProblem"_s);
  m_copy->setObjectName(u"copyButton"_s);
  m_open->setObjectName(u"openButton"_s);
  m_toggle->setObjectName(u"toggleButton"_s);
  m_edit->setObjectName(u"editButton"_s);
  m_remove->setObjectName(u"removeButton"_s);
  m_in->setObjectName(u"tileIn"_s);
  m_out->setObjectName(u"tileOut"_s);
  m_requests->setObjectName(u"tileRequests"_s);
  m_active->setObjectName(u"tileActive"_s);
  m_graph->setObjectName(u"detailGraph"_s);
}

void DetailPane::build() {
  m_name->setFont(scaledFont(font(), 1.6, QFont::Bold));
  m_address->setFont(scaledFont(font(), 1.08, QFont::Medium));
  for (QWidget* small : std::initializer_list<QWidget*>{m_plain, m_certificate, m_target, m_options})
    small->setFont(scaledFont(font(), 0.92));
  for (QLabel* text : {m_certificate, m_options, m_problem}) {
    text->setWordWrap(true);
    text->setTextFormat(Qt::PlainText);
    text->setMinimumWidth(1);  // A long name without a place to break must not widen the pane.
  }
  m_options->setProperty("ink", u"secondary"_s);
  m_copy->setCommand(Command::Copy);
  m_copyPlain->setCompact(true);
  m_copyPlain->setProperty("inline", true);
  m_mend->setProperty("quiet", true);
  m_mend->setIcon(symbolIcon(Symbol::Edit));
  m_open->setIcon(symbolIcon(Symbol::Open));
  m_edit->setIcon(symbolIcon(Symbol::Edit));
  m_edit->setIconSize({18, 18});
  m_remove->setIcon(symbolIcon(Symbol::Remove));
  m_remove->setIconSize({18, 18});

  auto* title = new QHBoxLayout;
  title->setSpacing(8);
  title->addWidget(m_name);
  title->addWidget(m_state);
  title->addStretch(1);
  title->addWidget(m_toggle);
  title->addWidget(m_edit);
  title->addWidget(m_remove);

  auto* plain = new QHBoxLayout(m_plainRow);
  plain->setContentsMargins(0, 0, 0, 0);
  plain->setSpacing(0);
  plain->addWidget(m_plain);
  plain->addWidget(m_copyPlain);
  plain->addStretch(1);
  auto* address = new QHBoxLayout;
  address->setSpacing(8);
  address->addWidget(m_address, 1);
  address->addWidget(m_copy);
  address->addWidget(m_open);
  auto* texts = new QVBoxLayout(m_addressBox);
  texts->setContentsMargins(16 - ElidedLabel::kRing, 10, 10, 12);
  texts->setSpacing(3);
  texts->addLayout(address);
  texts->addWidget(m_plainRow);
  // Links have a margin for their focus ring; this aligns the other texts with theirs.
  auto* others = new QVBoxLayout;
  others->setContentsMargins(ElidedLabel::kRing, 0, 0, 0);
  others->setSpacing(3);
  for (QWidget* line : std::initializer_list<QWidget*>{m_certificate, m_target, m_options})
    others->addWidget(line);
  texts->addLayout(others);

  auto* remedies = new QHBoxLayout;
  remedies->setSpacing(8);
  remedies->addWidget(m_takeOver);
  remedies->addWidget(m_mend);
  m_problemLine->setContentsMargins(16, 7, 8, 7);
  m_problemLine->setSpacing(8);
  m_problemLine->addWidget(m_problem, 1);
  m_problemLine->addLayout(remedies);
  m_problemLine->setAlignment(remedies, Qt::AlignLeft | Qt::AlignVCenter);

  auto* tiles = new QHBoxLayout;
  tiles->setSpacing(10);
  for (StatTile* tile : {m_in, m_out, m_requests, m_active}) tiles->addWidget(tile, 1);

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(8, 16, 20, 16);
  column->setSpacing(12);
  column->addLayout(title);
  column->addWidget(m_addressBox);
  column->addWidget(m_problemRow);
  column->addLayout(tiles);
  column->addWidget(m_graph, 1);
  ui::setTabOrder({m_toggle, m_edit, m_remove, m_address, m_copy, m_open, m_plain, m_copyPlain, m_takeOver,
                   m_mend, m_graph});
}

void DetailPane::showTunnel(const engine::TunnelSnapshot& tunnel,
                            const std::shared_ptr<const TrafficHistory>& history) {
  m_tunnel = tunnel;
  m_history = history;
  m_graph->setHistory(history);
  refresh();
}

void DetailPane::showTotal(const engine::Snapshot& snapshot,
                           const std::shared_ptr<const TrafficHistory>& history) {
  m_tunnel.reset();
  m_all = static_cast<int>(snapshot.tunnels.size());
  m_online = static_cast<int>(
      std::ranges::count(snapshot.tunnels, engine::TunnelState::Online, &engine::TunnelSnapshot::state));
  m_history = history;
  m_graph->setHistory(history);
  refresh();
}

void DetailPane::refreshTraffic() {
  const TrafficRates rates = m_history->current();
  const engine::TrafficCounters& totals = m_history->totals();
  m_in->setValue(formatRate(rates.bytesIn),
                 tr("%1 total").arg(formatBytes(static_cast<double>(totals.bytesIn))));
  m_out->setValue(formatRate(rates.bytesOut),
                  tr("%1 total").arg(formatBytes(static_cast<double>(totals.bytesOut))));
  m_requests->setValue(formatRequests(rates.requests), tr("%1 total").arg(formatCount(totals.requests)));
  m_active->setValue(formatCount(totals.active), totals.failures == 0
                                                     ? tr("none failed")
                                                     : tr("%1 failed").arg(formatCount(totals.failures)));
  m_graph->setAccessibleDescription(trafficText(rates));
}

void DetailPane::refresh() {
  const bool one = m_tunnel.has_value();
  m_state->setVisible(one);
  m_toggle->setVisible(one);
  m_edit->setVisible(one);
  m_remove->setVisible(one);
  m_addressBox->setVisible(one);
  m_problemRow->setVisible(one && m_tunnel->hasError);
  if (one) {
    const bool stopped = m_tunnel->state == engine::TunnelState::Stopped;
    m_name->setText(fromUtf8(m_tunnel->name));
    m_state->setState(statusOf(*m_tunnel), stateText(*m_tunnel));
    m_toggle->setText(!m_roomy ? QString() : stopped ? tr("Start") : tr("Stop"));
    m_toggle->setIcon(symbolIcon(stopped ? Symbol::Play : Symbol::Stop));
    m_toggle->setAccessibleName(stopped ? tr("Start this tunnel") : tr("Stop this tunnel"));
    m_toggle->setToolTip(withKeys(m_toggle->accessibleName(), Command::StartStop));
    const QColor tone = statusColor(statusOf(*m_tunnel), colorsOf(palette()));
    m_problem->setText(m_tunnel->hasError ? tunnelProblem(*m_tunnel) : QString());
    m_problem->setToolTip(m_tunnel->hasError ? toolTipText(fromUtf8(m_tunnel->error.describe())) : QString());
    m_problem->setStyleSheet(u"color: %1"_s.arg(inkOf(tone, colorsOf(palette())).name()));
    m_takeOver->setVisible(m_tunnel->heldElsewhere);
    // Beside two buttons a narrow pane leaves the text only a few words per line.
    m_problemLine->setDirection(m_roomy || !m_tunnel->heldElsewhere ? QBoxLayout::LeftToRight
                                                                    : QBoxLayout::TopToBottom);
    // Shown where waiting does not help, but another name or port may.
    m_mend->setVisible(m_tunnel->state == engine::TunnelState::Failed ||
                       m_tunnel->state == engine::TunnelState::Online);
    refreshAddress();
    refreshTarget();
  } else {
    m_name->setText(m_all > 0 ? tr("All tunnels: %1 of %2 online")
                                    .arg(formatCount(static_cast<std::uint64_t>(m_online)),
                                         formatCount(static_cast<std::uint64_t>(m_all)))
                              : tr("All tunnels"));
  }
  m_open->setText(m_roomy ? tr("Open") : QString());
  m_open->setAccessibleName(tr("Open the address in the browser"));
  m_open->setToolTip(withKeys(m_open->accessibleName(), Command::Open));
  m_takeOver->setText(tr("Take over"));
  m_takeOver->setAccessibleName(tr("Take the name over from the other tunnel"));
  m_takeOver->setToolTip(tr("Moves the name to this tunnel. The other tunnel loses it."));
  m_mend->setText(tr("Edit…"));
  m_mend->setAccessibleName(tr("Edit this tunnel"));
  m_edit->setAccessibleName(tr("Edit this tunnel"));
  m_edit->setToolTip(withKeys(m_edit->accessibleName(), Command::Edit));
  m_remove->setAccessibleName(tr("Remove this tunnel"));
  m_remove->setToolTip(withKeys(m_remove->accessibleName(), Command::Remove));
  m_in->setLabel(tr("In"));
  m_out->setLabel(tr("Out"));
  m_requests->setLabel(tr("Requests/s"));
  m_active->setLabel(tr("Active now"));
  m_graph->setAccessibleName(tr("Traffic of the last minute"));
  refreshTraffic();
  keepRoom();
}

void DetailPane::refreshAddress() {
  const bool known = !m_tunnel->url.empty();
  m_address->setText(known ? fromUtf8(m_tunnel->url) : tr("No public address yet"));
  m_address->setEnabled(known);
  m_address->setElideMode(known ? Qt::ElideMiddle : Qt::ElideRight);
  m_copy->setEnabled(known);
  m_open->setEnabled(known);
  m_plainRow->setVisible(!m_tunnel->plainUrl.empty());
  m_plain->setText(fromUtf8(m_tunnel->plainUrl));
  m_plain->setElideMode(Qt::ElideMiddle);
  m_certificate->setVisible(m_tunnel->selfSigned);
  m_certificate->setText(
      tr("Browsers warn of the https address: the server signed its certificate itself, no authority did."));
  const Colors& colors = colorsOf(palette());
  m_certificate->setStyleSheet(u"color: %1"_s.arg(inkOf(colors.waiting, colors).name()));
}

void DetailPane::refreshTarget() {
  const QString target = displayTarget(m_tunnel->spec.target);
  m_target->setText(tr("Visitors reach %1").arg(target) + u" · "_s + protocolText(target));
  m_target->setElideMode(Qt::ElideMiddle);
  const QStringList options = optionTexts(m_tunnel->spec.origin);
  m_options->setVisible(!options.isEmpty());
  m_options->setToolTip(toolTipText(options.join(u'\n')));
  m_options->setText(options.isEmpty() ? QString() : tr("Unusual: %1").arg(options.join(u" · "_s)));
}

void DetailPane::paintEvent(QPaintEvent*) {
  if (!m_tunnel) return;
  QPainter painter(this);
  const Colors& colors = colorsOf(palette());
  paintCard(painter, m_addressBox->geometry(), colors.card, colors.border);
  if (!m_problemRow->isVisible()) return;
  paintStrip(painter, m_problemRow->geometry(), statusColor(statusOf(*m_tunnel), colors), colors);
}

void DetailPane::resizeEvent(QResizeEvent* event) {
  const bool roomy = width() >= kRoomyFrom;
  if (roomy != m_roomy) {
    m_roomy = roomy;
    m_active->setVisible(roomy);
    m_copy->setCompact(!roomy);
    for (QWidget* button : std::initializer_list<QWidget*>{m_copy, m_open, m_toggle}) {
      button->setProperty("compact", !roomy);
      button->style()->unpolish(button);
      button->style()->polish(button);
    }
    refresh();
  }
  QWidget::resizeEvent(event);
  keepRoom();
}

/// Text that wraps needs more height in a narrow pane. If the pane is then too high for the window, it is
/// scrolled.
void DetailPane::keepRoom() {
  const bool wraps = layout()->hasHeightForWidth() && width() > 0;
  setMinimumHeight(wraps ? layout()->totalMinimumHeightForWidth(width())
                         : layout()->totalMinimumSize().height());
}

void DetailPane::changeEvent(QEvent* event) {
  const auto type = event->type();
  QWidget::changeEvent(event);
  if (type == QEvent::LanguageChange || type == QEvent::PaletteChange) refresh();
}

}  // namespace adit::ui
