// SPDX-License-Identifier: Apache-2.0
#include "ui/dialogs/origin_section.h"

#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>

#include "ui/dialogs/form.h"
#include "ui/dialogs/tunnel_input.h"
#include "ui/format.h"
#include "ui/messages.h"
#include "ui/origin_text.h"
#include "ui/theme/colors.h"
#include "ui/theme/icons.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

void addRow(QBoxLayout* column, std::initializer_list<QWidget*> widgets) {
  auto* row = new QHBoxLayout;
  row->setSpacing(14);
  for (QWidget* widget : widgets) row->addWidget(widget, 1, Qt::AlignTop);
  column->addLayout(row);
}

std::chrono::seconds secondsOf(const QLineEdit* field) {
  return std::chrono::seconds(field->text().trimmed().toUInt());
}

void showSeconds(QLineEdit* field, std::chrono::seconds value) {
  field->setText(QString::number(value.count()));
}

}  // namespace

OriginSection::OriginSection(QWidget* parent)
    : QWidget(parent),
      m_toggle(new QToolButton(this)),
      m_summary(new QLabel(this)),
      m_body(new QWidget(this)),
      m_host(new QComboBox(m_body)),
      m_hostName(new QLineEdit(m_body)),
      m_trust(new QComboBox(m_body)),
      m_file(new QLineEdit(m_body)),
      m_choose(new QPushButton(tr("Choose…"), m_body)),
      m_serverName(new QLineEdit(m_body)),
      m_connect(new QLineEdit(m_body)),
      m_handshake(new QLineEdit(m_body)),
      m_answer(new QLineEdit(m_body)),
      m_warning(new QLabel(m_body)) {
  setObjectName(u"originSection"_s);
  build();
  setOptions({});
  connect(m_toggle, &QToolButton::toggled, this, &OriginSection::setOpen);
  connect(m_choose, &QPushButton::clicked, this, &OriginSection::chooseFile);
  for (QLineEdit* field : {m_hostName, m_file, m_serverName, m_connect, m_handshake, m_answer})
    connect(field, &QLineEdit::textChanged, this, &OriginSection::changed);
  for (QComboBox* choice : {m_host, m_trust}) {
    connect(choice, &QComboBox::currentIndexChanged, this, [this] {
      refresh();
      Q_EMIT changed();
    });
  }
  setOpen(false);
}

OriginSection::Field OriginSection::makeField(const QString& label, QWidget* input, const QString& name,
                                              QWidget* beside) {
  input->setObjectName(name);
  Field field{.box = new QWidget(m_body)};
  auto* column = new QVBoxLayout(field.box);
  column->setContentsMargins(0, 0, 0, 0);
  field.hint = addField(column, label, input, beside);
  field.hint->setObjectName(name + "Hint"_L1);
  return field;
}

void OriginSection::build() {
  m_toggle->setObjectName(u"originToggle"_s);
  m_toggle->setCheckable(true);
  m_toggle->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  m_toggle->setText(tr("How the service is spoken to"));
  m_toggle->setAccessibleName(m_toggle->text());
  m_toggle->setProperty("fold", true);
  m_toggle->setFont(scaledFont(font(), 0.95, QFont::Bold));
  m_summary->setObjectName(u"originSummary"_s);
  m_summary->setProperty("ink", u"secondary"_s);
  m_summary->setFont(scaledFont(font(), 0.9));
  m_summary->setTextFormat(Qt::PlainText);
  m_summary->setWordWrap(true);
  m_warning->setObjectName(u"originWarning"_s);
  m_warning->setProperty("ink", u"error"_s);
  m_warning->setFont(scaledFont(font(), 0.9));
  m_warning->setWordWrap(true);
  m_warning->setText(
      tr("Anybody between this computer and the service can read and change what passes, and nobody will "
         "notice. Only for services of your own, on a network that you trust."));
  m_choose->setObjectName(u"originCaChoose"_s);
  m_choose->setAccessibleName(tr("Choose a file of authorities"));
  m_choose->setAutoDefault(false);
  m_host->addItems({tr("As the visitor asked"), tr("As the service is called"), tr("Another…")});
  m_trust->addItems({tr("Known to this computer"), tr("From a file…"), tr("Not verified")});
  m_hostName->setPlaceholderText(u"shop.example.com"_s);
  m_file->setPlaceholderText(tr("Path of a PEM file"));

  m_hostField = makeField(tr("Host that the service sees"), m_host, u"originHost"_s);
  m_hostNameField = makeField(tr("Which host"), m_hostName, u"originHostName"_s);
  m_trustField = makeField(tr("Authorities of its certificate"), m_trust, u"originTrust"_s);
  m_serverNameField = makeField(tr("Name in its certificate"), m_serverName, u"originServerName"_s);
  QSizePolicy kept = m_hostNameField.box->sizePolicy();
  kept.setRetainSizeWhenHidden(true);
  m_hostNameField.box->setSizePolicy(kept);
  m_fileField = makeField(tr("File of authorities"), m_file, u"originCa"_s, m_choose);
  m_connectField = makeField(tr("Seconds to connect"), m_connect, u"originConnectTimeout"_s);
  m_handshakeField = makeField(tr("Seconds for TLS"), m_handshake, u"originTlsTimeout"_s);
  m_answerField = makeField(tr("Seconds to answer"), m_answer, u"originAnswerTimeout"_s);

  auto* column = new QVBoxLayout(m_body);
  column->setContentsMargins(0, 4, 0, 0);
  column->setSpacing(10);
  addRow(column, {m_trustField.box, m_serverNameField.box});
  column->addWidget(m_warning);
  column->addWidget(m_fileField.box);
  addRow(column, {m_hostField.box, m_hostNameField.box});
  addRow(column, {m_connectField.box, m_handshakeField.box, m_answerField.box});

  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->setSpacing(4);
  outer->addWidget(m_toggle, 0, Qt::AlignLeft);
  outer->addWidget(m_summary);
  outer->addWidget(m_body);
  // In the order in which they are read.
  QWidget* before = m_toggle;
  for (QWidget* next : std::initializer_list<QWidget*>{m_trust, m_serverName, m_file, m_choose, m_host,
                                                       m_hostName, m_connect, m_handshake, m_answer}) {
    setTabOrder(before, next);
    before = next;
  }
}

OriginSection::Trust OriginSection::trust() const { return static_cast<Trust>(m_trust->currentIndex()); }
OriginSection::Host OriginSection::host() const { return static_cast<Host>(m_host->currentIndex()); }

void OriginSection::setOptions(const engine::OriginOptions& options) {
  const auto choose = [](QComboBox* box, auto value) { box->setCurrentIndex(static_cast<int>(value)); };
  choose(m_trust, options.insecure ? Trust::Nobody : !options.caFile.empty() ? Trust::File : Trust::System);
  m_file->setText(fromUtf8(options.caFile));
  m_serverName->setText(fromUtf8(options.serverName));
  const bool kept = options.hostHeader.empty() || options.hostHeader == "keep";
  const bool target = options.hostHeader == "target";
  choose(m_host, kept ? Host::Keep : target ? Host::Target : Host::Other);
  m_hostName->setText(kept || target ? QString() : fromUtf8(options.hostHeader));
  showSeconds(m_connect, options.connectTimeout);
  showSeconds(m_handshake, options.tlsTimeout);
  m_answer->clear();
  if (options.answerTimeout) showSeconds(m_answer, *options.answerTimeout);
  refresh();
}

engine::OriginOptions OriginSection::options() const {
  engine::OriginOptions options;
  if (host() == Host::Target) options.hostHeader = "target";
  if (host() == Host::Other) options.hostHeader = m_hostName->text().trimmed().toStdString();
  options.connectTimeout = secondsOf(m_connect);
  if (!m_answer->text().trimmed().isEmpty()) options.answerTimeout = secondsOf(m_answer);
  if (!m_tls) return options;
  if (trust() == Trust::File) options.caFile = m_file->text().trimmed().toStdString();
  options.insecure = trust() == Trust::Nobody;
  options.serverName = m_serverName->text().trimmed().toStdString();
  options.tlsTimeout = secondsOf(m_handshake);
  return options;
}

void OriginSection::setTarget(const QString& target) {
  // A target that is only partly typed must not hide fields that were filled in.
  if (!target.isEmpty() && target != m_target) {
    m_target = target;
    m_tls = targetHasTls(target);
  }
  refresh();
}

void OriginSection::setOpen(bool open) {
  m_toggle->setChecked(open);
  m_toggle->setIcon(symbolIcon(open ? Symbol::ChevronUp : Symbol::ChevronDown, Ink::Secondary));
  m_body->setVisible(open);
  refresh();
}

void OriginSection::refresh() {
  const auto shown = [this](const Field& field, bool visible) { field.box->setVisible(visible); };
  shown(m_trustField, m_tls);
  shown(m_serverNameField, m_tls);
  shown(m_fileField, m_tls && trust() == Trust::File);
  m_warning->setVisible(m_tls && trust() == Trust::Nobody);
  shown(m_hostNameField, host() == Host::Other);
  shown(m_handshakeField, m_tls);
  m_serverName->setPlaceholderText(targetHost(m_target));
  check();
  const bool open = m_toggle->isChecked();
  const QStringList unusual = m_valid ? optionTexts(options()) : QStringList();
  m_summary->setText(!m_valid          ? tr("Something here is not valid yet.")
                     : unusual.empty() ? protocolText(m_target)
                                       : protocolText(m_target) + u" · "_s + unusual.join(u" · "_s));
  m_summary->setVisible(!open && (!m_target.isEmpty() || !m_valid));
}

void OriginSection::check() {
  m_valid = true;
  const auto judge = [this](const Field& field, QWidget* input, const QString& hint, const QString& problem) {
    showHint(field.hint, input, hint, problem);
    if (!problem.isEmpty()) m_valid = false;
  };
  judge(m_trustField, m_trust, trust() == Trust::Nobody ? QString() : tr("Who must have signed it"), {});
  judge(m_hostField, m_host, tr("The Host field of requests"), {});
  if (host() == Host::Other)
    judge(m_hostNameField, m_hostName, tr("host or host:port"), hostProblem(m_hostName->text().trimmed()));
  judge(m_connectField, m_connect, tr("Then an error page"),
        secondsProblem(m_connect->text().trimmed(), engine::OriginOptions::kMostTimeout));
  const QString answer = m_answer->text().trimmed();
  judge(m_answerField, m_answer, tr("Empty: 100, gRPC: any"),
        answer.isEmpty() ? QString() : secondsProblem(answer, engine::OriginOptions::kMostAnswerTimeout));
  if (!m_tls) return;
  judge(m_handshakeField, m_handshake, tr("After it is connected"),
        secondsProblem(m_handshake->text().trimmed(), engine::OriginOptions::kMostTimeout));
  if (trust() == Trust::File)
    judge(m_fileField, m_file, tr("Certificates in PEM that sign the service's own"),
          fileProblem(m_file->text().trimmed()));
  judge(m_serverNameField, m_serverName, tr("If it is not the target's host"),
        serverNameProblem(m_serverName->text().trimmed()));
}

bool OriginSection::showProblem(const Error& error) {
  const std::string file = options().caFile;
  if (file.empty() || error.detail.find(file) == std::string::npos) return false;
  setOpen(true);
  showHint(m_fileField.hint, m_file, {}, withDetail(tr("This file cannot be used."), error));
  m_file->setFocus();
  return true;
}

void OriginSection::chooseFile() {
  auto* chooser = new QFileDialog(this, tr("Choose a file of authorities"));
  chooser->setObjectName(u"originCaChooser"_s);
  chooser->setAttribute(Qt::WA_DeleteOnClose);
  chooser->setFileMode(QFileDialog::ExistingFile);
  chooser->setNameFilters({tr("Certificates (*.pem *.crt *.cer)"), tr("All files (*)")});
  connect(chooser, &QFileDialog::fileSelected, m_file, &QLineEdit::setText);
  chooser->open();
}

}  // namespace adit::ui
