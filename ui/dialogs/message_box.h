// SPDX-License-Identifier: Apache-2.0
#pragma once
// Questions to the user, behind an interface, so that tests can answer them without a window. There is no
// nested event loop: the answer comes in a callback. Owned by the Application; GUI thread.

#include <functional>
#include <QString>

class QDialog;
class QWidget;

namespace adit::ui {

class MessageBox {
 public:
  struct Question {
    QString objectName;
    QString text;         ///< The question.
    QString information;  ///< What happens on Yes.
    QString yes;          ///< The button that does it.
    bool destructive = false;
  };

  virtual ~MessageBox() = default;
  /// Calls `yes` if the user agrees. `parent` must not be null; the question is closed with it.
  virtual void ask(QWidget* parent, const Question& question, std::function<void()> yes);
  /// Shows a message that needs no answer. Returns it; it deletes itself when it is closed. Null in tests.
  virtual QDialog* tell(QWidget* parent, const QString& title, const QString& text);
};

}  // namespace adit::ui
