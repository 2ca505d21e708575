// SPDX-License-Identifier: Apache-2.0
#include "ui/theme/colors.h"

#include <algorithm>
#include <cmath>

namespace adit::ui {

const Colors& lightColors() {
  static const Colors table{.dark = false,
                            .window = QColor(0xf4f3ef),
                            .card = QColor(0xffffff),
                            .cardHover = QColor(0xfdfcfa),
                            .cardSelected = QColor(0xf0f8f5),
                            .border = QColor(0xe3e0d9),
                            .borderStrong = QColor(0xcfcbc2),
                            .field = QColor(0xffffff),
                            .fieldBorder = QColor(0x8a867e),
                            .focus = QColor(0x0f766e),
                            .focusOnAccent = QColor(0x0a1210),
                            .text = QColor(0x1d2429),
                            .secondary = QColor(0x565e65),
                            .faint = QColor(0x666d74),
                            .accent = QColor(0x0f766e),
                            .accentHover = QColor(0x11857b),
                            .accentPressed = QColor(0x0c615a),
                            .onAccent = QColor(0xffffff),
                            .link = QColor(0x0d6d66),
                            .online = QColor(0x1a955a),
                            .waiting = QColor(0xbf7708),
                            .error = QColor(0xc73a32),
                            .stopped = QColor(0x828890),
                            .trafficIn = QColor(0x138c81),
                            .trafficOut = QColor(0xc97710),
                            .requests = QColor(0x5a63c4),
                            .grid = QColor(0xeceae4)};
  return table;
}

const Colors& darkColors() {
  static const Colors table{.dark = true,
                            .window = QColor(0x15181a),
                            .card = QColor(0x1d2124),
                            .cardHover = QColor(0x22272a),
                            .cardSelected = QColor(0x1c2b2a),
                            .border = QColor(0x2c3236),
                            .borderStrong = QColor(0x40484d),
                            .field = QColor(0x171b1d),
                            .fieldBorder = QColor(0x6b747a),
                            .focus = QColor(0x35b9ab),
                            .focusOnAccent = QColor(0xffffff),
                            .text = QColor(0xe9e7e2),
                            .secondary = QColor(0x9da5ab),
                            .faint = QColor(0x8d959b),
                            .accent = QColor(0x28a093),
                            .accentHover = QColor(0x35b9ab),
                            .accentPressed = QColor(0x25968a),
                            .onAccent = QColor(0x06201d),
                            .link = QColor(0x5fcfc2),
                            .online = QColor(0x41c488),
                            .waiting = QColor(0xf0ae49),
                            .error = QColor(0xf0766c),
                            .stopped = QColor(0x6f777d),
                            .trafficIn = QColor(0x35bdae),
                            .trafficOut = QColor(0xf2ab4b),
                            .requests = QColor(0x99a2f7),
                            .grid = QColor(0x2a2f33)};
  return table;
}

bool isDark(const QPalette& palette) { return palette.color(QPalette::Window).lightness() < 128; }

const Colors& colorsOf(const QPalette& palette) { return isDark(palette) ? darkColors() : lightColors(); }

QColor mixed(const QColor& from, const QColor& to, double amount) {
  const auto blend = [amount](int a, int b) { return a + static_cast<int>((b - a) * amount); };
  return {blend(from.red(), to.red()), blend(from.green(), to.green()), blend(from.blue(), to.blue()),
          blend(from.alpha(), to.alpha())};
}

QColor inkOf(const QColor& tone, const Colors& colors) {
  // Mix in as little of the text colour as necessary: the tone should stay recognizable.
  constexpr double kReadable = 4.8;
  const QColor grounds[] = {groundOf(tone, colors), pillOf(tone, colors),
                            colors.dark ? colors.cardSelected : colors.window};
  QColor ink = tone;
  const auto hard = [&](const QColor& ground) { return contrast(ink, ground) < kReadable; };
  for (double amount = 0.1; std::ranges::any_of(grounds, hard) && amount < 1; amount += 0.05)
    ink = mixed(tone, colors.text, amount);
  return ink;
}

QColor groundOf(const QColor& tone, const Colors& colors) {
  return mixed(colors.card, tone, colors.dark ? 0.13 : 0.09);
}

QColor pillOf(const QColor& tone, const Colors& colors) {
  return mixed(colors.window, tone, colors.dark ? 0.18 : 0.15);
}

double contrast(const QColor& a, const QColor& b) {
  const auto luminance = [](const QColor& color) {
    const auto channel = [](double c) {
      return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * channel(color.redF()) + 0.7152 * channel(color.greenF()) +
           0.0722 * channel(color.blueF());
  };
  const double la = luminance(a);
  const double lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

QColor faded(QColor color, double opacity) {
  color.setAlphaF(static_cast<float>(opacity));
  return color;
}

QFont scaledFont(QFont base, double factor, QFont::Weight weight) {
  if (base.pixelSize() > 0) {
    base.setPixelSize(qRound(base.pixelSize() * factor));
  } else {
    base.setPointSizeF(base.pointSizeF() * factor);
  }
  base.setWeight(weight);
  return base;
}

}  // namespace adit::ui
