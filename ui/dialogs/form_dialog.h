// SPDX-License-Identifier: Apache-2.0
#pragma once
// A dialog of a column of fields above a row of buttons. It is as high as what it shows, follows when fields
// come and go, stands over its parent and within the screen; where the screen is too small for all of it the
// column scrolls and the buttons stay. GUI thread.

#include <QDialog>

class QVBoxLayout;

namespace adit::ui {

class FormDialog : public QDialog {
  Q_OBJECT
 public:
  /// `width` where the screen has it.
  FormDialog(int width, QWidget* parent);

 protected:
  /// What may scroll.
  [[nodiscard]] QVBoxLayout* column() { return m_column; }
  /// What is always there.
  [[nodiscard]] QVBoxLayout* footer() { return m_footer; }
  bool event(QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void fit();

  int m_width;  ///< As asked for, or as the user made it.
  QVBoxLayout* m_column;
  QVBoxLayout* m_footer;
};

}  // namespace adit::ui
