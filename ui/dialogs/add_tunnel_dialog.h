// SPDX-License-Identifier: Apache-2.0
#pragma once
// Asks for a tunnel: where the service is and, if wanted, a name. Says what is wrong beside the field, and
// stays open with the engine's reason where the engine refuses. GUI thread.

#include <QDialog>

#include "core/engine/types.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace adit::ui {

class AddTunnelDialog : public QDialog {
  Q_OBJECT
 public:
  explicit AddTunnelDialog(QWidget* parent);
  /// The engine's answer, shown under the name or the target as it fits.
  void showProblem(const Error& error);

 Q_SIGNALS:
  /// The dialog stays open; close it where the engine took the tunnel.
  void submitted(const adit::engine::TunnelSpec& spec);

 private:
  void submit();
  void check(bool complain);

  QLineEdit* m_target;
  QLabel* m_targetHint;
  QLineEdit* m_name;
  QLabel* m_nameHint;
  QPushButton* m_ok;
};

}  // namespace adit::ui
