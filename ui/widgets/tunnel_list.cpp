// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/tunnel_list.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>

#include "ui/theme/colors.h"

namespace adit::ui {

using namespace std::chrono_literals;

TunnelList::TunnelList(TunnelModel* model, QWidget* parent)
    : QListView(parent), m_model(model), m_delegate(new TunnelDelegate(*model, this)) {
  setModel(model);
  setItemDelegate(m_delegate);
  setMouseTracking(true);
  setFrameShape(QFrame::NoFrame);
  setVerticalScrollMode(ScrollPerPixel);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setSelectionMode(SingleSelection);
  setUniformItemSizes(true);
  setResizeMode(Adjust);
  viewport()->setAutoFillBackground(false);
  viewport()->setAttribute(Qt::WA_Hover);
  m_copiedTimer.setSingleShot(true);
  m_copiedTimer.setInterval(1600ms);
  connect(&m_copiedTimer, &QTimer::timeout, this, [this] {
    m_delegate->setCopied({});
    viewport()->update();
  });
}

void TunnelList::showCopied(engine::TunnelId id) {
  m_delegate->setCopied(m_model->index(m_model->rowOf(id), 0));
  m_copiedTimer.start();
  viewport()->update();
}

TunnelDelegate::Layout TunnelList::layoutOf(const QModelIndex& index) const {
  return TunnelDelegate::layoutOf(visualRect(index), font());
}

TunnelList::Hit TunnelList::hitTest(QPoint position) const {
  Hit hit{.index = indexAt(position)};
  if (hit.index.isValid() && !m_model->tunnelAt(hit.index.row()).url.empty()) {
    hit.part = TunnelDelegate::partAt(layoutOf(hit.index), position);
  }
  return hit;
}

void TunnelList::mouseMoveEvent(QMouseEvent* event) {
  const Hit hit = hitTest(event->position().toPoint());
  m_delegate->setHot(hit.index, hit.part);
  viewport()->setCursor(hit.part == TunnelDelegate::Part::None ? Qt::ArrowCursor : Qt::PointingHandCursor);
  viewport()->update();
  QListView::mouseMoveEvent(event);
}

void TunnelList::showRing(bool shown) {
  m_delegate->setRing(shown);
  viewport()->update();
}

void TunnelList::focusInEvent(QFocusEvent* event) {
  const auto reason = event->reason();
  if (reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason || reason == Qt::ShortcutFocusReason)
    showRing(true);
  QListView::focusInEvent(event);
}

void TunnelList::mousePressEvent(QMouseEvent* event) {
  showRing(false);
  m_pressed = event->button() == Qt::LeftButton ? hitTest(event->position().toPoint()) : Hit{};
  QListView::mousePressEvent(event);
}

void TunnelList::mouseReleaseEvent(QMouseEvent* event) {
  const Hit hit = hitTest(event->position().toPoint());
  const bool same = hit.index.isValid() && hit.index == m_pressed.index && hit.part == m_pressed.part;
  m_pressed = {};
  QListView::mouseReleaseEvent(event);
  if (!same || hit.part == TunnelDelegate::Part::None) return;
  const engine::TunnelId id = m_model->tunnelAt(hit.index.row()).id;
  if (hit.part == TunnelDelegate::Part::Copy) {
    Q_EMIT copyRequested(id);
  } else {
    Q_EMIT openRequested(id);
  }
}

void TunnelList::keyPressEvent(QKeyEvent* event) {
  showRing(true);
  // A click on the address. The view's own signal would also come for a double click.
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (enter && currentIndex().isValid()) {
    Q_EMIT openRequested(m_model->tunnelAt(currentIndex().row()).id);
    return;
  }
  QListView::keyPressEvent(event);
}

void TunnelList::resizeEvent(QResizeEvent* event) {
  QListView::resizeEvent(event);
  // When the list becomes smaller, for example because the log was opened, keep the selected card visible.
  if (currentIndex().isValid()) scrollTo(currentIndex());
}

bool TunnelList::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const Hit hit = hitTest(help->pos());
    if (hit.part != TunnelDelegate::Part::None) {
      QToolTip::showText(
          help->globalPos(),
          hit.part == TunnelDelegate::Part::Copy ? tr("Copy the address") : tr("Open in the browser"), this);
      return true;
    }
  }
  if (event->type() == QEvent::Leave) {
    m_delegate->setHot({}, TunnelDelegate::Part::None);
    viewport()->update();
  }
  return QListView::viewportEvent(event);
}

}  // namespace adit::ui
