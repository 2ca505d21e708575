// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the window shows while there is no tunnel: what Adit is, one field, one button, and the ports that
// developers use most. GUI thread.

#include <QList>
#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;

namespace adit::ui {

class EmptyPanel : public QWidget {
  Q_OBJECT
 public:
  explicit EmptyPanel(QWidget* parent = nullptr);
  /// Shows a problem below the field; empty: none.
  void showProblem(const QString& problem);
  void clear();
  /// Gives the focus to the field.
  void focusField();
  /// Offers to join a server while the embedded one is used.
  void setEmbedded(bool embedded);

 Q_SIGNALS:
  void exposeRequested(const QString& target);
  void joinRequested();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void retranslate();
  void submit();
  void keepRoom();

  bool m_embedded = true;
  QWidget* m_picture;
  QLabel* m_title;
  QLabel* m_text;
  QLineEdit* m_target;
  QPushButton* m_expose;
  QLabel* m_problem;
  QLabel* m_hint;
  QPushButton* m_join;
  QList<QPushButton*> m_chips;
};

}  // namespace adit::ui
