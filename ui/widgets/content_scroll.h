// SPDX-License-Identifier: Apache-2.0
#pragma once
// A vertical scroll area for texts that wrap. It asks for the height that its content needs at its width,
// measured with the fonts that its lines actually use, and shows a scroll bar only if it does not get that
// height. QScrollArea alone keeps an unnecessary scroll bar: the bar narrows the text, the text wraps once
// more, and then it does not fit. Owned by its parent widget; GUI thread.

#include <QScrollArea>

namespace adit::ui {

class ContentScroll : public QScrollArea {
  Q_OBJECT

 public:
  /// `content` must have a layout; the scroll area owns it from now on.
  ContentScroll(QWidget* content, QWidget* parent);

  [[nodiscard]] int heightForWidth(int width) const override;
  [[nodiscard]] QSize sizeHint() const override;
  /// Wide enough for the content and a scroll bar, and a few lines high.
  [[nodiscard]] QSize minimumSizeHint() const override;

 Q_SIGNALS:
  /// The content may need another height now.
  void contentChanged();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void chooseScrollBar();
};

}  // namespace adit::ui
