// SPDX-License-Identifier: Apache-2.0
#pragma once
// The colours of the window beyond QPalette's roles: one light and one dark table. Painting code asks for the
// table that fits the palette it paints with, so nobody has to be told when the theme changes. Constant
// values; GUI thread.

#include <QColor>
#include <QFont>
#include <QPalette>

namespace adit::ui {

struct Colors {
  bool dark = false;
  QColor window, card, cardHover, cardSelected, border, borderStrong;
  QColor field, fieldBorder;    ///< What is typed into shows where it ends.
  QColor focus, focusOnAccent;  ///< The ring around what the keyboard is at.
  QColor text, secondary, faint;
  QColor accent, accentHover, accentPressed, onAccent, link;
  QColor online, waiting, error, stopped;
  QColor trafficIn, trafficOut, requests, grid;
};

const Colors& lightColors();
const Colors& darkColors();
/// The table whose lightness fits `palette`'s window colour.
const Colors& colorsOf(const QPalette& palette);
/// True where a window of this palette is dark.
bool isDark(const QPalette& palette);
/// `from` moved towards `to` by `amount` (0..1).
QColor mixed(const QColor& from, const QColor& to, double amount);
/// A tone (a state's colour) as text: nearer to the text colour, so that small letters stay readable.
QColor inkOf(const QColor& tone, const Colors& colors);
/// The ground of a strip that speaks of something of this tone; text on it is in the text colour.
QColor groundOf(const QColor& tone, const Colors& colors);
/// The ground of a state's word, on the window.
QColor pillOf(const QColor& tone, const Colors& colors);
/// WCAG 2's contrast of two opaque colours, from 1 to 21.
double contrast(const QColor& a, const QColor& b);
/// `color` with another opacity (0..1).
QColor faded(QColor color, double opacity);

/// `base` scaled by `factor`, keeping whether it is sized in points or pixels.
QFont scaledFont(QFont base, double factor, QFont::Weight weight = QFont::Normal);

}  // namespace adit::ui
