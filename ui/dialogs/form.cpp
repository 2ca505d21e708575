// SPDX-License-Identifier: Apache-2.0
#include "ui/dialogs/form.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>

#include "ui/theme/colors.h"
#include "ui/widgets/elided_label.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

QLabel* addHeading(QBoxLayout* column, const QString& title, const QString& text) {
  auto* heading = new ElidedLabel;
  heading->setText(title);
  // It may contain a name of up to 63 letters without a place to break.
  heading->setElideMode(Qt::ElideMiddle);
  heading->setFont(scaledFont(heading->font(), 1.45, QFont::Bold));
  column->addWidget(heading);
  auto* body = new QLabel(text);
  body->setWordWrap(true);
  body->setTextFormat(Qt::PlainText);
  body->setProperty("ink", u"secondary"_s);
  column->addWidget(body);
  column->addSpacing(8);
  return body;
}

QLabel* addField(QBoxLayout* column, const QString& label, QWidget* field, QWidget* beside) {
  auto* name = new QLabel(label);
  name->setFont(scaledFont(name->font(), 0.95, QFont::Bold));
  name->setBuddy(field);
  field->setAccessibleName(label);
  auto* hint = new QLabel;
  hint->setFont(scaledFont(hint->font(), 0.9));
  hint->setWordWrap(true);
  hint->setTextFormat(Qt::PlainText);
  hint->setMinimumHeight(hint->fontMetrics().height());
  auto* group = new QVBoxLayout;
  group->setSpacing(5);
  group->addWidget(name);
  auto* row = new QHBoxLayout;
  row->setSpacing(8);
  row->addWidget(field, 1);
  if (beside != nullptr) row->addWidget(beside);
  group->addLayout(row);
  group->addWidget(hint);
  column->addLayout(group);
  return hint;
}

void showHint(QLabel* label, QWidget* field, const QString& hint, const QString& problem) {
  const Colors& colors = colorsOf(label->palette());
  label->setText(problem.isEmpty() ? hint : problem);
  label->setStyleSheet(
      u"color: %1"_s.arg((problem.isEmpty() ? colors.faint : inkOf(colors.error, colors)).name()));
  field->setAccessibleDescription(label->text());
  const bool invalid = !problem.isEmpty();
  if (field->property("invalid").toBool() == invalid) return;
  field->setProperty("invalid", invalid);
  field->style()->unpolish(field);
  field->style()->polish(field);
}

QPushButton* addButtons(QBoxLayout* column, QPushButton* extra, QPushButton* cancel, const QString& accept) {
  auto* row = new QHBoxLayout;
  row->setSpacing(10);
  if (extra != nullptr) row->addWidget(extra);
  row->addStretch(1);
  auto* ok = new QPushButton(accept);
  ok->setProperty("primary", true);
  ok->setDefault(true);
  ok->setAccessibleName(accept);
  cancel->setAutoDefault(false);
  cancel->setAccessibleName(cancel->text());
  row->addWidget(cancel);
  row->addWidget(ok);
  column->addSpacing(6);
  column->addLayout(row);
  return ok;
}

}  // namespace adit::ui
