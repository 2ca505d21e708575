// SPDX-License-Identifier: Apache-2.0
#pragma once
// The window's colours beyond the roles of QPalette: a light and a dark table. Painting code gets the table
// that fits its palette, so it needs no notice when the theme changes. Constant values; GUI thread.

#include <QColor>
#include <QFont>
#include <QPalette>

namespace adit::ui {

struct Colors {
  bool dark = false;
  QColor window, card, cardHover, cardSelected, border, borderStrong;
  QColor field, fieldBorder;    ///< Input fields, and their visible border.
  QColor focus, focusOnAccent;  ///< The ring around the widget with the focus.
  QColor text, secondary, faint;
  QColor accent, accentHover, accentPressed, onAccent, link;
  QColor online, waiting, error, stopped;
  QColor trafficIn, trafficOut, requests, grid;
};

const Colors& lightColors();
const Colors& darkColors();
/// The table whose lightness fits `palette`'s window colour.
const Colors& colorsOf(const QPalette& palette);
/// Whether a window with this palette is dark.
bool isDark(const QPalette& palette);
/// `from` moved towards `to` by `amount` (0..1).
QColor mixed(const QColor& from, const QColor& to, double amount);
/// The colour of text in this tone (a state's colour): mixed with the text colour, so that small letters stay
/// readable.
QColor inkOf(const QColor& tone, const Colors& colors);
/// The background of a notice in this tone; its text has the text colour.
QColor groundOf(const QColor& tone, const Colors& colors);
/// The background of a state's word.
QColor pillOf(const QColor& tone, const Colors& colors);
/// WCAG 2's contrast of two opaque colours, from 1 to 21.
double contrast(const QColor& a, const QColor& b);
/// `color` with another opacity (0..1).
QColor faded(QColor color, double opacity);

/// `base` scaled by `factor`, keeping whether it is sized in points or pixels.
QFont scaledFont(QFont base, double factor, QFont::Weight weight = QFont::Normal);

}  // namespace adit::ui
