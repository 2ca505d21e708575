// SPDX-License-Identifier: Apache-2.0
#pragma once
// Parts that the dialogs share: a heading, a labelled field with a hint that can turn into an error, a row of
// buttons. GUI thread.

#include <QString>

class QBoxLayout;
class QLabel;
class QPushButton;
class QWidget;

namespace adit::ui {

QLabel* addHeading(QBoxLayout* column, const QString& title, const QString& text);
/// Adds `field` with `label` above and a hint below, which is returned. `beside` is to the right of the field
/// and may be null.
QLabel* addField(QBoxLayout* column, const QString& label, QWidget* field, QWidget* beside = nullptr);
/// Shows `problem` in red and marks the field; without a problem, shows `hint`.
void showHint(QLabel* label, QWidget* field, const QString& hint, const QString& problem);
/// Adds Cancel and `accept` at the right; returns the latter. `extra` is at the left and may be null.
QPushButton* addButtons(QBoxLayout* column, QPushButton* extra, QPushButton* cancel, const QString& accept);

}  // namespace adit::ui
