// SPDX-License-Identifier: Apache-2.0
#pragma once
// The engine's log at the bottom of the window. Folded, it is one line with the newest message; open, it is a
// list with a filter by level and text, Copy and Clear. It follows the end unless the user scrolled up. GUI
// thread.

#include <QWidget>

#include "ui/models/log_model.h"

class QComboBox;
class QLineEdit;
class QToolButton;
class QTreeView;

namespace adit::ui {

class ElidedLabel;

class LogPane : public QWidget {
  Q_OBJECT
 public:
  explicit LogPane(LogModel* model, QWidget* parent = nullptr);

  void setOpen(bool open);
  [[nodiscard]] bool isOpen() const;
  void setLevel(LogLevel least);
  [[nodiscard]] LogLevel level() const;
  /// Copies the selected lines, or else all that pass the filter, to the clipboard.
  void copy() const;
  [[nodiscard]] bool hasListFocus() const;
  /// Gives the focus to the filter's field. The pane must be open.
  void focusFilter();

 Q_SIGNALS:
  void toggleRequested(bool open);
  void levelChanged(adit::LogLevel least);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void retranslate();
  void refreshNewest();

  LogModel* m_model;
  LogFilter* m_filter;
  QToolButton* m_toggle;
  ElidedLabel* m_newest;
  QComboBox* m_level;
  QLineEdit* m_text;
  QToolButton* m_copy;
  QToolButton* m_clear;
  QTreeView* m_list;
  bool m_follow = true;
};

}  // namespace adit::ui
