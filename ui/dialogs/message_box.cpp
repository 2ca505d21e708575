// SPDX-License-Identifier: Apache-2.0
#include "ui/dialogs/message_box.h"

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include "ui/dialogs/form.h"
#include "ui/dialogs/form_dialog.h"
#include "ui/theme/icons.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

struct Messages {
  Q_DECLARE_TR_FUNCTIONS(adit::ui::Messages)
};

constexpr int kIcon = 48;

/// A dialog with the logo beside a heading and a paragraph; the caller adds the buttons.
class Message : public FormDialog {
 public:
  using FormDialog::column;
  using FormDialog::footer;
  using FormDialog::FormDialog;
};

Message* make(QWidget* parent, const QString& objectName, const QString& title, const QString& text) {
  auto* dialog = new Message(440, parent);
  dialog->setObjectName(objectName);
  dialog->setWindowTitle(title);
  auto* icon = new QLabel(dialog);
  icon->setPixmap(picturePixmap(u"adit"_s, kIcon, parent->devicePixelRatioF()));
  auto* texts = new QVBoxLayout;
  texts->setSpacing(6);
  addHeading(texts, title, text)->setObjectName(objectName + "Text"_L1);
  auto* row = new QHBoxLayout;
  row->setSpacing(18);
  row->addWidget(icon, 0, Qt::AlignTop);
  row->addLayout(texts, 1);
  dialog->column()->addLayout(row);
  return dialog;
}

}  // namespace

void MessageBox::ask(QWidget* parent, const Question& question, std::function<void()> yes) {
  Message* dialog = make(parent, question.objectName, question.text, question.information);
  auto* cancel = new QPushButton(Messages::tr("Cancel"), dialog);
  QPushButton* agree = addButtons(dialog->footer(), nullptr, cancel, question.yes);
  agree->setObjectName(question.objectName + "Yes"_L1);
  cancel->setObjectName(question.objectName + "Cancel"_L1);
  if (question.destructive) {
    // Return must not trigger a destructive action.
    agree->setProperty("primary", false);
    agree->setProperty("danger", true);
    agree->setAutoDefault(false);
    agree->setDefault(false);
    cancel->setDefault(true);
    cancel->setFocus();
  }
  QObject::connect(cancel, &QPushButton::clicked, dialog, &QDialog::reject);
  QObject::connect(agree, &QPushButton::clicked, dialog, [dialog, yes = std::move(yes)] {
    dialog->accept();
    yes();
  });
  dialog->open();
}

QDialog* MessageBox::tell(QWidget* parent, const QString& title, const QString& text) {
  Message* dialog = make(parent, u"message"_s, title, text);
  auto* close = new QPushButton(Messages::tr("Close"), dialog);
  close->setObjectName(u"messageClose"_s);
  close->setDefault(true);
  dialog->footer()->addWidget(close, 0, Qt::AlignRight);
  QObject::connect(close, &QPushButton::clicked, dialog, &QDialog::accept);
  dialog->open();
  return dialog;
}

}  // namespace adit::ui
