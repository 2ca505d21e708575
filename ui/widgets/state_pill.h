// SPDX-License-Identifier: Apache-2.0
#pragma once
// A state as a word with its dot, on a tinted, rounded background. GUI thread.

#include <QWidget>

#include "ui/status.h"

namespace adit::ui {

class StatePill : public QWidget {
  Q_OBJECT
 public:
  explicit StatePill(QWidget* parent = nullptr);
  void setState(Status status, const QString& text);
  [[nodiscard]] const QString& text() const { return m_text; }
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Status m_status = Status::Offline;
  QString m_text;
};

}  // namespace adit::ui
