// SPDX-License-Identifier: Apache-2.0
#include "ui/dialogs/tunnel_dialog.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/dialogs/form.h"
#include "ui/dialogs/origin_section.h"
#include "ui/dialogs/tunnel_input.h"
#include "ui/format.h"
#include "ui/messages.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

TunnelDialog::TunnelDialog(const std::optional<engine::TunnelSnapshot>& edited, QWidget* parent)
    : FormDialog(540, parent),
      m_target(new QLineEdit(this)),
      m_name(new QLineEdit(this)),
      m_origin(new OriginSection(this)) {
  setObjectName(edited ? u"editTunnelDialog"_s : u"addTunnelDialog"_s);
  const QString title = edited ? tr("Edit “%1”").arg(fromUtf8(edited->name)) : tr("Expose a port");
  setWindowTitle(title);
  m_target->setObjectName(u"tunnelTarget"_s);
  m_name->setObjectName(u"tunnelName"_s);
  m_target->setPlaceholderText(u"3000"_s);
  m_name->setPlaceholderText(tr("Chosen for you"));

  addHeading(column(), title,
             edited ? tr("New requests use the new settings; those in flight finish with the old ones.")
                    : tr("Requests to the public address are passed to this service."));
  m_targetHint = addField(column(), tr("Port or address"), m_target);
  m_targetHint->setObjectName(u"tunnelTargetHint"_s);
  m_nameHint = addField(column(), edited ? tr("Name") : tr("Name (optional)"), m_name);
  m_nameHint->setObjectName(u"tunnelNameHint"_s);
  column()->addWidget(m_origin);
  column()->addStretch(1);
  auto* cancel = new QPushButton(tr("Cancel"), this);
  cancel->setObjectName(u"tunnelCancel"_s);
  m_ok = addButtons(footer(), nullptr, cancel, edited ? tr("Save") : tr("Expose"));
  m_ok->setObjectName(u"tunnelOk"_s);
  if (edited) {
    m_nameBefore = fromUtf8(edited->name);
    m_target->setText(fromUtf8(edited->spec.target));
    m_name->setText(m_nameBefore);
    m_origin->setOptions(edited->spec.origin);
  }

  const auto changed = [this] { check(m_target->text().isEmpty() ? Complain::Later : Complain::Now); };
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(m_ok, &QPushButton::clicked, this, &TunnelDialog::submit);
  connect(m_target, &QLineEdit::textChanged, this, changed);
  connect(m_name, &QLineEdit::textChanged, this, changed);
  connect(m_origin, &OriginSection::changed, this, changed);
  // If something is missing, Return shows what.
  for (const QLineEdit* field : {m_target, m_name})
    connect(field, &QLineEdit::returnPressed, this, [this] { check(Complain::Now); });
  check(Complain::Later);
  m_target->setFocus();
  m_target->selectAll();
}

void TunnelDialog::check(Complain complain) {
  const QString target = targetProblem(m_target->text().trimmed());
  const QString name = nameProblem(m_name->text().trimmed());
  const bool renamed = !m_nameBefore.isEmpty() && !m_name->text().isEmpty() &&
                       m_name->text().trimmed().toLower() != m_nameBefore;
  showHint(m_targetHint, m_target,
           tr("A port of this computer, host:port, https://host:port, h2c://host:port or unix:/path"),
           complain == Complain::Now ? target : QString());
  showHint(m_nameHint, m_name,
           renamed ? tr("The public address changes with it; the old one stops answering")
                   : tr("The first part of the public address"),
           name);
  m_origin->setTarget(target.isEmpty() ? m_target->text().trimmed() : QString());
  m_ok->setEnabled(target.isEmpty() && name.isEmpty() && m_origin->valid());
}

engine::TunnelSpec TunnelDialog::spec() const {
  return {.name = m_name->text().trimmed().toLower().toStdString(),
          .target = m_target->text().trimmed().toStdString(),
          .origin = m_origin->options()};
}

void TunnelDialog::submit() {
  check(Complain::Now);
  if (m_ok->isEnabled()) Q_EMIT submitted(spec());
}

void TunnelDialog::showProblem(const Error& error) {
  if (m_origin->showProblem(error)) return;
  const QString sentence = tunnelProblem(error, spec());
  if (error.code == ErrorCode::NameInvalid || error.code == ErrorCode::NameTaken) {
    showHint(m_nameHint, m_name, {}, sentence);
    m_name->setFocus();
  } else {
    showHint(m_targetHint, m_target, {}, sentence);
    m_target->setFocus();
  }
}

}  // namespace adit::ui
