// SPDX-License-Identifier: Apache-2.0
#pragma once
// Asks for a new tunnel, or for changes to one: where the service is, its name, and how Adit connects to it.
// It shows each error beside its field, and stays open with the engine's reason if the engine refuses. GUI
// thread.

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
  /// For a new tunnel, or for changing `edited`.
  explicit TunnelDialog(const std::optional<engine::TunnelSnapshot>& edited, QWidget* parent);
  /// Shows the engine's error below the field that it is about.
  void showProblem(const Error& error);

 Q_SIGNALS:
  /// The dialog stays open; the receiver closes it if the engine accepts the tunnel.
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
