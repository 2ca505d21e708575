// SPDX-License-Identifier: Apache-2.0
#pragma once
// A line of text that is shortened with an ellipsis instead of widening the window; if it does not fit, the
// tooltip has the whole text. A link has the link colour, can be clicked or activated by keyboard, and has a
// margin of kRing at each side for the focus ring. GUI thread.

#include <QWidget>

namespace adit::ui {

class ElidedLabel : public QWidget {
  Q_OBJECT
 public:
  enum class Kind { Plain, Secondary, Link };
  static constexpr int kRing = 5;

  explicit ElidedLabel(Kind kind = Kind::Plain, QWidget* parent = nullptr);

  [[nodiscard]] Kind kind() const { return m_kind; }
  void setText(const QString& text);
  [[nodiscard]] const QString& text() const { return m_text; }
  void setElideMode(Qt::TextElideMode mode) { m_elide = mode; }

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void activated();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;
  bool event(QEvent* event) override;

 private:
  /// Where the text is.
  [[nodiscard]] QRect textRect() const;

  Kind m_kind;
  QString m_text;
  Qt::TextElideMode m_elide = Qt::ElideRight;
  bool m_hovered = false;
};

}  // namespace adit::ui
