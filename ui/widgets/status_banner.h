// SPDX-License-Identifier: Apache-2.0
#pragma once
// The strip that appears while the link is not up: what is wrong, what helps, when the next attempt is, and
// Retry. It hides itself while all is well, and waits a moment before it mentions an ordinary first
// connection. GUI thread.

#include <QTimer>
#include <QWidget>

#include "core/engine/types.h"
#include "ui/status.h"

class QLabel;
class QPushButton;

namespace adit::ui {

class StatusBanner : public QWidget {
  Q_OBJECT
 public:
  explicit StatusBanner(QWidget* parent = nullptr);
  void showLink(const engine::LinkSnapshot& link);

 Q_SIGNALS:
  void retryRequested();
  void joinRequested();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void refresh();

  engine::LinkSnapshot m_link;
  Status m_status = Status::Online;
  QLabel* m_icon;
  QLabel* m_title;
  QLabel* m_text;
  QPushButton* m_retry;
  QPushButton* m_join;
  QTimer m_patience;
};

}  // namespace adit::ui
