// SPDX-License-Identifier: Apache-2.0
#include "ui/dialogs/message_box.h"

#include <QCoreApplication>
#include <QDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include "ui/dialogs/form.h"
#include "ui/theme/icons.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

struct Messages {
  Q_DECLARE_TR_FUNCTIONS(adit::ui::Messages)
};

constexpr int kIcon = 48;

/// A dialog with the mark beside a heading and a paragraph; the caller adds buttons to `column`.
QDialog* make(QWidget* parent, const QString& objectName, const QString& title, const QString& text,
              QVBoxLayout*& column) {
  auto* dialog = new QDialog(parent);
  dialog->setObjectName(objectName);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowModality(Qt::WindowModal);
  dialog->setWindowTitle(title);
  dialog->setMinimumWidth(420);
  auto* icon = new QLabel(dialog);
  icon->setPixmap(picturePixmap(u"adit"_s, kIcon, parent->devicePixelRatioF()));
  auto* texts = new QVBoxLayout;
  texts->setSpacing(6);
  addHeading(texts, title, text)->setObjectName(objectName + "Text"_L1);
  auto* row = new QHBoxLayout;
  row->setSpacing(18);
  row->addWidget(icon, 0, Qt::AlignTop);
  row->addLayout(texts, 1);
  column = new QVBoxLayout(dialog);
  column->setContentsMargins(24, 24, 24, 20);
  column->setSpacing(8);
  column->addLayout(row);
  return dialog;
}

}  // namespace

void MessageBox::ask(QWidget* parent, const Question& question, std::function<void()> yes) {
  QVBoxLayout* column = nullptr;
  QDialog* dialog = make(parent, question.objectName, question.text, question.information, column);
  auto* cancel = new QPushButton(Messages::tr("Cancel"), dialog);
  QPushButton* agree = addButtons(column, nullptr, cancel, question.yes);
  agree->setObjectName(question.objectName + "Yes"_L1);
  cancel->setObjectName(question.objectName + "Cancel"_L1);
  if (question.destructive) {
    // Return must not destroy anything.
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
  QVBoxLayout* column = nullptr;
  QDialog* dialog = make(parent, u"message"_s, title, text, column);
  auto* close = new QPushButton(Messages::tr("Close"), dialog);
  close->setObjectName(u"messageClose"_s);
  close->setDefault(true);
  column->addWidget(close, 0, Qt::AlignRight);
  QObject::connect(close, &QPushButton::clicked, dialog, &QDialog::accept);
  dialog->open();
  return dialog;
}

}  // namespace adit::ui
