// SPDX-License-Identifier: Apache-2.0
#include "ui/dialogs/message_box.h"

#include <QMessageBox>
#include <QPushButton>

#include "ui/theme/icons.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

QMessageBox* make(QWidget* parent, const QString& title, const QString& text) {
  auto* box = new QMessageBox(parent);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setWindowModality(Qt::WindowModal);
  box->setWindowTitle(title);
  box->setText(text);
  box->setTextFormat(Qt::PlainText);
  box->setIconPixmap(picturePixmap(u"adit"_s, 48, parent->devicePixelRatioF()));
  return box;
}

}  // namespace

void MessageBox::ask(QWidget* parent, const Question& question, std::function<void()> yes) {
  QMessageBox* box = make(parent, question.title, question.text);
  box->setObjectName(question.objectName);
  box->setInformativeText(question.information);
  QPushButton* agree = box->addButton(question.yes, QMessageBox::AcceptRole);
  QPushButton* cancel = box->addButton(QMessageBox::Cancel);
  agree->setObjectName(question.objectName + "Yes"_L1);
  agree->setProperty(question.destructive ? "danger" : "primary", true);
  box->setDefaultButton(question.destructive ? cancel : agree);
  QObject::connect(agree, &QPushButton::clicked, box, [yes = std::move(yes)] { yes(); });
  box->open();
}

void MessageBox::tell(QWidget* parent, const QString& title, const QString& text) {
  QMessageBox* box = make(parent, title, text);
  box->addButton(QMessageBox::Ok);
  box->open();
}

}  // namespace adit::ui
