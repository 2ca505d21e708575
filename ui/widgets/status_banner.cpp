// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/status_banner.h"

#include <cmath>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

#include "ui/format.h"
#include "ui/messages.h"
#include "ui/shortcuts.h"
#include "ui/theme/icons.h"
#include "ui/widgets/painting.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

using namespace std::chrono_literals;

StatusBanner::StatusBanner(QWidget* parent)
    : QWidget(parent),
      m_icon(new QLabel(this)),
      m_title(new QLabel(this)),
      m_text(new QLabel(this)),
      m_retry(new QPushButton(this)),
      m_join(new QPushButton(this)) {
  setObjectName(u"linkBanner"_s);
  m_title->setObjectName(u"bannerTitle"_s);
  m_text->setObjectName(u"bannerText"_s);
  m_retry->setObjectName(u"bannerRetry"_s);
  m_join->setObjectName(u"bannerJoin"_s);
  m_text->setWordWrap(true);
  m_text->setTextFormat(Qt::PlainText);
  m_title->setTextFormat(Qt::PlainText);
  m_title->setWordWrap(true);
  m_icon->setFixedSize(22, 22);

  auto* texts = new QVBoxLayout;
  texts->setSpacing(1);
  texts->addWidget(m_title);
  texts->addWidget(m_text);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(16, 10, 12, 10);
  row->setSpacing(12);
  row->addWidget(m_icon);
  row->addLayout(texts, 1);
  row->addWidget(m_join);
  row->addWidget(m_retry);
  connect(m_retry, &QPushButton::clicked, this, &StatusBanner::retryRequested);
  connect(m_join, &QPushButton::clicked, this, &StatusBanner::joinRequested);
  setTabOrder(m_join, m_retry);
  m_patience.setSingleShot(true);
  m_patience.setInterval(1500ms);
  connect(&m_patience, &QTimer::timeout, this, [this] { setVisible(m_status != Status::Online); });
  hide();
}

void StatusBanner::showLink(const engine::LinkSnapshot& link) {
  m_link = link;
  m_status = statusOf(link.state);
  refresh();
  if (m_status == Status::Online) {
    m_patience.stop();
    hide();
  } else if (link.hasError || link.state == engine::LinkState::Failed ||
             link.state == engine::LinkState::Waiting) {
    m_patience.stop();
    setVisible(true);
  } else if (!m_patience.isActive() && isHidden()) {
    m_patience.start();
  }
}

void StatusBanner::refresh() {
  const Colors& colors = colorsOf(palette());
  const QString server = serverName(m_link);
  const auto seconds = static_cast<int>(std::ceil(std::chrono::duration<double>(m_link.retryIn).count()));
  QString title;
  switch (m_link.state) {
    case engine::LinkState::Waiting:
      title = seconds > 0 ? tr("Not connected. Next attempt in %n second(s).", nullptr, seconds)
                          : tr("Not connected. Trying again…");
      break;
    case engine::LinkState::Connecting:
      title = tr("Connecting to %1…").arg(server);
      break;
    case engine::LinkState::Failed:
      title = tr("The connection to %1 failed").arg(server);
      break;
    case engine::LinkState::Offline:
    case engine::LinkState::Stopped:
      title = tr("Not connected");
      break;
    case engine::LinkState::Online:
      break;
  }
  m_title->setText(title);
  m_title->setFont(scaledFont(font(), 1.0, QFont::Bold));
  m_text->setText(m_link.hasError ? linkProblem(m_link.error, server) : QString());
  m_text->setToolTip(m_link.hasError ? toolTipText(fromUtf8(m_link.error.describe())) : QString());
  m_text->setVisible(m_link.hasError);
  m_retry->setText(tr("Retry now"));
  m_retry->setVisible(m_link.state != engine::LinkState::Connecting &&
                      m_link.state != engine::LinkState::Online);
  m_retry->setAccessibleName(m_retry->text());
  m_retry->setToolTip(withKeys(tr("Try to connect without waiting"), Command::Retry));
  m_join->setText(tr("New join link…"));
  m_join->setAccessibleName(m_join->text());
  const ErrorCode code = m_link.error.code;
  m_join->setVisible(m_link.hasError &&
                     (code == ErrorCode::PinMismatch || code == ErrorCode::TokenRevoked ||
                      code == ErrorCode::TokenUnknown || code == ErrorCode::ResolveFailed));
  m_icon->setPixmap(
      symbolPixmap(m_status == Status::Connecting && !m_link.hasError ? Symbol::Link : Symbol::Warn, 22,
                   statusColor(m_status, colors), devicePixelRatioF()));
  setAccessibleName(title);
  update();
}

void StatusBanner::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Colors& colors = colorsOf(palette());
  paintStrip(painter, rect(), statusColor(m_status, colors), colors);
}

void StatusBanner::changeEvent(QEvent* event) {
  const auto type = event->type();
  QWidget::changeEvent(event);
  if (type == QEvent::LanguageChange || type == QEvent::PaletteChange) refresh();
}

}  // namespace adit::ui
