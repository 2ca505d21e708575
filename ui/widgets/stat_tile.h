// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small card with one figure: a label, the value in large type, and a line of context. GUI thread.

#include <QColor>
#include <QWidget>

namespace adit::ui {

class StatTile : public QWidget {
  Q_OBJECT
 public:
  /// Which of the theme's colours marks the tile.
  enum class Mark { None, In, Out, Requests };

  explicit StatTile(Mark mark, QWidget* parent = nullptr);
  void setLabel(const QString& label);
  void setValue(const QString& value, const QString& context);
  [[nodiscard]] const QString& value() const { return m_value; }
  [[nodiscard]] const QString& context() const { return m_context; }

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

  /// The scale, 0.6 to 1, with which the value is drawn so that it fits. It is the same for every rate,
  /// because otherwise the letters would change their size with the rate.
  [[nodiscard]] double valueScale() const;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Mark m_mark;
  QString m_label;
  QString m_value;
  QString m_context;
};

}  // namespace adit::ui
