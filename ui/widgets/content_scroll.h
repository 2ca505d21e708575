// SPDX-License-Identifier: Apache-2.0
#pragma once
// A vertical scroll area for texts that wrap. It asks for the height that its content takes at its width, as
// the lines are laid out with whatever fonts they need, and shows a scroll bar only where that height is not
// to be had. QScrollArea alone keeps a scroll bar that is not needed: the bar narrows the text, the text
// wraps once more, and then does not fit. Owned by the widget it is in; GUI thread.

#include <QScrollArea>

namespace adit::ui {

class ContentScroll : public QScrollArea {
  Q_OBJECT

 public:
  /// `content` has a layout, and belongs to the scroll area from now on.
  ContentScroll(QWidget* content, QWidget* parent);

  [[nodiscard]] int heightForWidth(int width) const override;
  [[nodiscard]] QSize sizeHint() const override;
  /// Wide enough for the content beside a scroll bar, and some lines high.
  [[nodiscard]] QSize minimumSizeHint() const override;

 Q_SIGNALS:
  /// The height that the content takes may have changed.
  void contentChanged();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void chooseScrollBar();
};

}  // namespace adit::ui
