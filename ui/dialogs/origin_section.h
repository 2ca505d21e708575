// SPDX-License-Identifier: Apache-2.0
#pragma once
// The part of the tunnel dialog for how Adit connects to the service: its certificate, the Host field and
// time-outs. It is folded at first, with a line that lists what differs from the defaults. It shows only
// fields that matter for the target, and each field's error beside it. GUI thread.

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
  /// The options in the fields, without those that do not matter for the target.
  [[nodiscard]] engine::OriginOptions options() const;
  /// The target, as typed; empty while it is not valid.
  void setTarget(const QString& target);
  [[nodiscard]] bool valid() const { return m_valid; }
  /// Shows the engine's error if it is about one of these fields; otherwise returns false.
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
