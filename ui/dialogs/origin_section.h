// SPDX-License-Identifier: Apache-2.0
#pragma once
// The part of the tunnel dialog that says how the service is spoken to: its certificate, the Host field and
// time-outs. Folded away at first, with a line of what is unusual; shows only what the target has a use for,
// and says beside each field what is wrong with it. GUI thread.

#include <QWidget>

#include "core/engine/types.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QToolButton;

namespace adit::ui {

class OriginSection : public QWidget {
  Q_OBJECT
 public:
  explicit OriginSection(QWidget* parent);

  void setOptions(const engine::OriginOptions& options);
  /// What the fields say, without what the target has no use for.
  [[nodiscard]] engine::OriginOptions options() const;
  /// The target these options are for, as typed; empty while it is no target.
  void setTarget(const QString& target);
  [[nodiscard]] bool valid() const { return m_valid; }
  /// Shows the engine's refusal where it speaks of one of these fields; false where it does not.
  bool showProblem(const Error& error);

 Q_SIGNALS:
  void changed();

 private:
  enum class Trust { System, File, Nobody };
  enum class Host { Keep, Target, Other };
  struct Field {
    QWidget* box = nullptr;
    QLabel* hint = nullptr;
  };
  Field makeField(const QString& label, QWidget* input, const QString& name, QWidget* beside = nullptr);
  void build();
  void setOpen(bool open);
  void chooseFile();
  void refresh();
  void check();
  [[nodiscard]] Trust trust() const;
  [[nodiscard]] Host host() const;

  QString m_target;
  bool m_tls = false;
  bool m_valid = true;
  QToolButton* m_toggle;
  QLabel* m_summary;
  QWidget* m_body;
  QComboBox* m_host;
  QLineEdit* m_hostName;
  QComboBox* m_trust;
  QLineEdit* m_file;
  QPushButton* m_choose;
  QLineEdit* m_serverName;
  QLineEdit* m_connect;
  QLineEdit* m_handshake;
  QLineEdit* m_answer;
  QLabel* m_warning;
  Field m_hostField, m_hostNameField, m_trustField, m_fileField, m_serverNameField, m_connectField,
      m_handshakeField, m_answerField;
};

}  // namespace adit::ui
