// SPDX-License-Identifier: Apache-2.0
#include "ui/dialogs/add_tunnel_dialog.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/dialogs/form.h"
#include "ui/dialogs/tunnel_input.h"
#include "ui/messages.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

AddTunnelDialog::AddTunnelDialog(QWidget* parent)
    : QDialog(parent), m_target(new QLineEdit(this)), m_name(new QLineEdit(this)) {
  setObjectName(u"addTunnelDialog"_s);
  setWindowTitle(tr("Expose a port"));
  setWindowModality(Qt::WindowModal);
  setAttribute(Qt::WA_DeleteOnClose);
  m_target->setObjectName(u"addTarget"_s);
  m_name->setObjectName(u"addName"_s);
  m_target->setPlaceholderText(u"3000"_s);
  m_name->setPlaceholderText(tr("Chosen for you"));

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 22, 24, 20);
  column->setSpacing(10);
  addHeading(column, tr("Expose a port"), tr("Requests to the public address are passed to this service."));
  m_targetHint = addField(column, tr("Port or address"), m_target);
  m_targetHint->setObjectName(u"addTargetHint"_s);
  m_nameHint = addField(column, tr("Name (optional)"), m_name);
  m_nameHint->setObjectName(u"addNameHint"_s);
  auto* cancel = new QPushButton(tr("Cancel"), this);
  cancel->setObjectName(u"addCancel"_s);
  m_ok = addButtons(column, nullptr, cancel, tr("Expose"));
  m_ok->setObjectName(u"addOk"_s);
  setMinimumWidth(440);

  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(m_ok, &QPushButton::clicked, this, &AddTunnelDialog::submit);
  connect(m_target, &QLineEdit::textChanged, this, [this] { check(!m_target->text().isEmpty()); });
  connect(m_name, &QLineEdit::textChanged, this, [this] { check(!m_target->text().isEmpty()); });
  check(false);
  m_target->setFocus();
}

void AddTunnelDialog::check(bool complain) {
  const QString target = targetProblem(m_target->text().trimmed());
  const QString name = nameProblem(m_name->text().trimmed());
  showHint(m_targetHint, m_target,
           tr("A port of this computer, host:port, https://host:port, h2c://host:port or unix:/path"),
           complain ? target : QString());
  showHint(m_nameHint, m_name, tr("The first part of the public address"), name);
  m_ok->setEnabled(target.isEmpty() && name.isEmpty());
}

void AddTunnelDialog::submit() {
  check(true);
  if (!m_ok->isEnabled()) return;
  Q_EMIT submitted({.name = m_name->text().trimmed().toLower().toStdString(),
                    .target = m_target->text().trimmed().toStdString()});
}

void AddTunnelDialog::showProblem(const Error& error) {
  const engine::TunnelSpec spec{.name = m_name->text().trimmed().toStdString(),
                                .target = m_target->text().trimmed().toStdString()};
  const QString sentence = tunnelProblem(error, spec);
  if (error.code == ErrorCode::NameInvalid || error.code == ErrorCode::NameTaken) {
    showHint(m_nameHint, m_name, {}, sentence);
    m_name->setFocus();
  } else {
    showHint(m_targetHint, m_target, {}, sentence);
    m_target->setFocus();
  }
}

}  // namespace adit::ui
