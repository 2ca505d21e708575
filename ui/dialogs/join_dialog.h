// SPDX-License-Identifier: Apache-2.0
#pragma once
// Takes a join link, shows which server and key it names before anything happens, and offers to return to the
// embedded server. It stays open until the server has answered, and shows an error if it does not. The link
// is a secret: it is never shown, and only `submitted` passes it on. GUI thread.

#include <optional>

#include "core/session/join_link.h"
#include "ui/dialogs/form_dialog.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace adit::ui {

class ElidedLabel;

class JoinDialog : public FormDialog {
  Q_OBJECT
 public:
  enum class Current { Embedded, Server };

  JoinDialog(Current current, QWidget* parent);
  /// The server was asked: the user can only wait or cancel.
  void showJoining();
  /// Shows why joining failed; the user can try another link.
  void showProblem(const QString& problem);

 Q_SIGNALS:
  void submitted(const adit::session::JoinLink& link);
  void embeddedRequested();

 private:
  void check();

  std::optional<session::JoinLink> m_parsed;
  QLineEdit* m_link;
  QLabel* m_hint;
  ElidedLabel* m_server;
  QLabel* m_pin;
  QWidget* m_facts;
  QPushButton* m_embedded = nullptr;
  QPushButton* m_ok;
};

}  // namespace adit::ui
