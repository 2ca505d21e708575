// SPDX-License-Identifier: Apache-2.0
#include "ui/dialogs/join_dialog.h"

#include <QFontDatabase>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/dialogs/form.h"
#include "ui/format.h"
#include "ui/messages.h"
#include "ui/theme/colors.h"
#include "ui/widgets/elided_label.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

JoinDialog::JoinDialog(Current current, QWidget* parent)
    : FormDialog(520, parent),
      m_link(new QLineEdit(this)),
      m_server(new ElidedLabel(ElidedLabel::Kind::Plain, this)),
      m_pin(new QLabel(this)),
      m_facts(new QWidget(this)) {
  setObjectName(u"joinDialog"_s);
  setWindowTitle(tr("Join a server"));
  m_link->setObjectName(u"joinLink"_s);
  m_server->setObjectName(u"joinServer"_s);
  m_pin->setObjectName(u"joinPin"_s);
  m_link->setPlaceholderText(u"adit://…@t.example.com:4433?pin=sha256:…"_s);
  // The token in the link is as good as a password.
  m_link->setEchoMode(QLineEdit::Password);
  m_pin->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  m_pin->setWordWrap(true);
  m_pin->setTextFormat(Qt::PlainText);
  m_server->setElideMode(Qt::ElideMiddle);
  m_pin->setTextInteractionFlags(Qt::TextSelectableByMouse);

  addHeading(column(), tr("Join a server"),
             tr("The operator of the server has a join link for you: adit --server prints it. Your tunnels "
                "move to that server and get addresses there."));
  m_hint = addField(column(), tr("Join link"), m_link);
  m_hint->setObjectName(u"joinHint"_s);
  auto* facts = new QFormLayout(m_facts);
  facts->setContentsMargins(0, 0, 0, 0);
  facts->setHorizontalSpacing(16);
  facts->setVerticalSpacing(8);
  facts->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
  facts->addRow(tr("Server"), m_server);
  facts->addRow(tr("Key"), m_pin);
  m_server->setFont(scaledFont(font(), 1.0, QFont::Bold));
  column()->addWidget(m_facts);
  auto* about =
      new QLabel(tr("The link contains the fingerprint of the server's key. Adit accepts no other key, so "
                    "nobody in between can pretend to be your server."));
  about->setWordWrap(true);
  about->setProperty("ink", u"secondary"_s);
  column()->addWidget(about);

  if (current == Current::Server) {
    m_embedded = new QPushButton(tr("Use this computer instead"), this);
    m_embedded->setObjectName(u"joinEmbedded"_s);
    m_embedded->setAutoDefault(false);
    connect(m_embedded, &QPushButton::clicked, this, &JoinDialog::embeddedRequested);
  }
  auto* cancel = new QPushButton(tr("Cancel"), this);
  cancel->setObjectName(u"joinCancel"_s);
  m_ok = addButtons(footer(), m_embedded, cancel, tr("Join"));
  m_ok->setObjectName(u"joinOk"_s);

  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(m_link, &QLineEdit::textChanged, this, &JoinDialog::check);
  connect(m_ok, &QPushButton::clicked, this, [this] {
    if (m_parsed) Q_EMIT submitted(*m_parsed);
  });
  check();
  m_link->setFocus();
}

void JoinDialog::check() {
  const QString text = m_link->text().trimmed();
  m_parsed.reset();
  QString problem;
  if (!text.isEmpty()) {
    auto link = session::JoinLink::parse(text.toStdString());
    if (link) {
      m_parsed = std::move(*link);
    } else {
      problem = text.contains("adit://"_L1, Qt::CaseInsensitive)
                    ? withDetail(tr("This join link is incomplete or has a mistake in it."), link.error())
                    : tr("A join link starts with adit://");
    }
  }
  showHint(m_hint, m_link, m_parsed ? QString() : tr("Paste the whole line"), problem);
  m_facts->setVisible(m_parsed.has_value());
  if (m_parsed) {
    m_server->setText(fromUtf8(m_parsed->serverName()));
    m_pin->setText(fromUtf8(m_parsed->pin.toString()));
  }
  m_ok->setEnabled(m_parsed.has_value());
}

void JoinDialog::showJoining() {
  showHint(m_hint, m_link, tr("Asking the server…"), {});
  m_link->setReadOnly(true);
  m_ok->setEnabled(false);
  if (m_embedded != nullptr) m_embedded->setEnabled(false);
}

void JoinDialog::showProblem(const QString& problem) {
  showHint(m_hint, m_link, {}, problem);
  m_link->setReadOnly(false);
  m_ok->setEnabled(m_parsed.has_value());
  if (m_embedded != nullptr) m_embedded->setEnabled(true);
}

}  // namespace adit::ui
