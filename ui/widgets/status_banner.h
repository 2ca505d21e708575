// SPDX-License-Identifier: Apache-2.0
#pragma once
// The notice that is shown while the link is down: what is wrong, what to do, when the next attempt is, and a
// Retry button. It waits a moment before it appears, so that it does not flash while Adit connects for the
// first time. GUI thread.

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
