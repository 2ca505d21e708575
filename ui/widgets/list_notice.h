// SPDX-License-Identifier: Apache-2.0
#pragma once
// The notice about entries of the stored list of tunnels that cannot be used: where they are and what is
// wrong. It can be dismissed; the log has the same texts. GUI thread.

#include <QStringList>
#include <QWidget>

class QLabel;
class QPushButton;
class QToolButton;

namespace adit::ui {

class ListNotice : public QWidget {
  Q_OBJECT
 public:
  static constexpr int kShown = 3;

  explicit ListNotice(QWidget* parent = nullptr);
  /// Hides the notice if there are no problems. `file` is the full name of the list.
  void showProblems(const QStringList& problems, const QString& file);

 Q_SIGNALS:
  void openRequested();
  void readRequested();
  void dismissed();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void refresh();

  QStringList m_problems;
  QString m_file;
  QLabel* m_icon;
  QLabel* m_title;
  QLabel* m_text;
  QLabel* m_advice;
  QPushButton* m_open;
  QPushButton* m_read;
  QToolButton* m_dismiss;
};

}  // namespace adit::ui
