// SPDX-License-Identifier: Apache-2.0
#pragma once
// Asks for a tunnel, or for what is to be changed of one: where the service is, its name, and how it is
// spoken to. Says what is wrong beside the field, and stays open with the engine's reason where the engine
// refuses. GUI thread.

#include <optional>

#include "core/engine/types.h"
#include "ui/dialogs/form_dialog.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace adit::ui {

class OriginSection;

class TunnelDialog : public FormDialog {
  Q_OBJECT
 public:
  /// For a new tunnel, or to change `edited`.
  explicit TunnelDialog(const std::optional<engine::TunnelSnapshot>& edited, QWidget* parent);
  /// The engine's answer, shown under the field it speaks of.
  void showProblem(const Error& error);

 Q_SIGNALS:
  /// The dialog stays open; close it where the engine took the tunnel.
  void submitted(const adit::engine::TunnelSpec& spec);

 private:
  enum class Complain { Later, Now };
  void submit();
  void check(Complain complain);
  [[nodiscard]] engine::TunnelSpec spec() const;

  QString m_nameBefore;  ///< Empty for a new tunnel.
  QLineEdit* m_target;
  QLabel* m_targetHint;
  QLineEdit* m_name;
  QLabel* m_nameHint;
  OriginSection* m_origin;
  QPushButton* m_ok;
};

}  // namespace adit::ui
