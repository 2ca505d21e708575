// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pieces that the dialogs share: a heading, a labelled field with a hint that turns into a complaint, a row
// of buttons. GUI thread.

#include <QString>

class QBoxLayout;
class QLabel;
class QPushButton;
class QWidget;

namespace adit::ui {

QLabel* addHeading(QBoxLayout* column, const QString& title, const QString& text);
/// The hint label under `field`, which is described by `label`; `beside` stands at its right and may be null.
QLabel* addField(QBoxLayout* column, const QString& label, QWidget* field, QWidget* beside = nullptr);
/// Shows `problem` in red and marks the field, or `hint` where there is no problem.
void showHint(QLabel* label, QWidget* field, const QString& hint, const QString& problem);
/// Cancel and `accept` at the right; returns the second. `extra` stands at the left and may be null.
QPushButton* addButtons(QBoxLayout* column, QPushButton* extra, QPushButton* cancel, const QString& accept);

}  // namespace adit::ui
