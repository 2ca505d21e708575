// SPDX-License-Identifier: Apache-2.0
#pragma once
// Questions to the user, behind an interface so that tests answer them without a window. Never a nested event
// loop: the answer comes by callback. Owned by the composition of the window; GUI thread.

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
    QString information;  ///< What follows from Yes.
    QString yes;          ///< The button that does it.
    bool destructive = false;
  };

  virtual ~MessageBox() = default;
  /// Calls `yes` if the user agrees. `parent` must not be null; the question goes away with it.
  virtual void ask(QWidget* parent, const Question& question, std::function<void()> yes);
  /// Says something that needs no answer. Returns the message, which deletes itself when closed; null in
  /// tests.
  virtual QDialog* tell(QWidget* parent, const QString& title, const QString& text);
};

}  // namespace adit::ui
