// SPDX-License-Identifier: Apache-2.0
#pragma once
// The list of tunnel cards: selection by mouse and keyboard, Copy and Open inside each card. GUI thread.

#include <QListView>
#include <QTimer>

#include "ui/widgets/tunnel_delegate.h"

namespace adit::ui {

class TunnelList : public QListView {
  Q_OBJECT
 public:
  explicit TunnelList(TunnelModel* model, QWidget* parent = nullptr);

  /// Shows for a moment that this tunnel's address was copied.
  void showCopied(engine::TunnelId id);
  /// Where a row's parts are, in viewport coordinates.
  [[nodiscard]] TunnelDelegate::Layout layoutOf(const QModelIndex& index) const;

 Q_SIGNALS:
  void copyRequested(adit::engine::TunnelId id);
  void openRequested(adit::engine::TunnelId id);

 protected:
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  bool viewportEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Hit {
    QModelIndex index;
    TunnelDelegate::Part part = TunnelDelegate::Part::None;
  };
  [[nodiscard]] Hit hitTest(QPoint position) const;
  void showRing(bool shown);

  TunnelModel* m_model;
  TunnelDelegate* m_delegate;
  QTimer m_copiedTimer;
  Hit m_pressed;
};

}  // namespace adit::ui
