// SPDX-License-Identifier: Apache-2.0
#pragma once
// A dialog with a column of fields above a row of buttons. Its height follows its content, also when fields
// appear and disappear. It is placed over its parent and within the screen. If the screen is too small, the
// column scrolls and the buttons stay visible. GUI thread.

#include <QDialog>

class QVBoxLayout;

namespace adit::ui {

class FormDialog : public QDialog {
  Q_OBJECT
 public:
  /// `width`: less if the screen is narrower.
  FormDialog(int width, QWidget* parent);

 protected:
  /// The column of fields, which may scroll.
  [[nodiscard]] QVBoxLayout* column() { return m_column; }
  /// The row of buttons, which is always visible.
  [[nodiscard]] QVBoxLayout* footer() { return m_footer; }
  bool event(QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void fit();

  int m_width;  ///< The width asked for, or the one that the user chose.
  QVBoxLayout* m_column;
  QVBoxLayout* m_footer;
};

}  // namespace adit::ui
