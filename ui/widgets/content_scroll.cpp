// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/content_scroll.h"

#include <QEvent>
#include <QLayout>
#include <QScrollBar>

namespace adit::ui {
namespace {

// At a scale of 1.5 a window can be smaller than it asked for by a fraction of a pixel; it must not scroll
// for that.
constexpr int kSlack = 2;
constexpr int kLeastLines = 3;

}  // namespace

ContentScroll::ContentScroll(QWidget* content, QWidget* parent) : QScrollArea(parent) {
  setFrameShape(QFrame::NoFrame);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFocusPolicy(Qt::NoFocus);
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  setWidget(content);
  viewport()->setAutoFillBackground(false);
  content->setAutoFillBackground(false);
}

int ContentScroll::heightForWidth(int width) const {
  const QLayout* layout = widget()->layout();
  const bool wraps = layout->hasHeightForWidth();
  return kSlack + (wraps ? layout->totalHeightForWidth(width) : layout->totalSizeHint().height());
}

QSize ContentScroll::sizeHint() const { return widget()->layout()->totalSizeHint() + QSize(0, kSlack); }

QSize ContentScroll::minimumSizeHint() const {
  return {widget()->layout()->totalMinimumSize().width() + verticalScrollBar()->sizeHint().width(),
          kLeastLines * fontMetrics().height()};
}

bool ContentScroll::eventFilter(QObject* watched, QEvent* event) {
  const bool changed = watched == widget() && event->type() == QEvent::LayoutRequest;
  if (changed) {
    updateGeometry();
    chooseScrollBar();
  }
  const bool taken = QScrollArea::eventFilter(watched, event);
  if (changed) Q_EMIT contentChanged();
  return taken;
}

void ContentScroll::resizeEvent(QResizeEvent* event) {
  chooseScrollBar();
  QScrollArea::resizeEvent(event);
}

void ContentScroll::chooseScrollBar() {
  const QSize room = maximumViewportSize();
  const bool fits = heightForWidth(room.width()) - kSlack <= room.height();
  setVerticalScrollBarPolicy(fits ? Qt::ScrollBarAlwaysOff : Qt::ScrollBarAsNeeded);
}

}  // namespace adit::ui
