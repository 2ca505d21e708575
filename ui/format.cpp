// SPDX-License-Identifier: Apache-2.0
#include "ui/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <QLocale>

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

/// One decimal for values below ten, unless it is zero; none for larger values.
QString shortNumber(double value) {
  const bool decimal = value < 9.95 && std::abs(value - std::round(value)) >= 0.05;
  return QLocale().toString(value, 'f', decimal ? 1 : 0);
}

QString threeDigits(double value) {
  // A value that rounding gives another digit has one decimal less.
  return QLocale().toString(value, 'f', value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

}  // namespace

QString fromUtf8(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString formatBytes(double bytes, Digits digits) {
  static constexpr std::array<QLatin1StringView, 6> kUnits{"B"_L1,  "kB"_L1, "MB"_L1,
                                                           "GB"_L1, "TB"_L1, "PB"_L1};
  double value = std::max(0.0, bytes);
  std::size_t unit = 0;
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  const QString number = unit == 0                  ? QLocale().toString(value, 'f', 0)
                         : digits == Digits::Fewest ? shortNumber(value)
                                                    : threeDigits(value);
  return number + u' ' + kUnits[unit];
}

QString formatRate(double bytesPerSecond, Digits digits) {
  return formatBytes(bytesPerSecond, digits) + "/s"_L1;
}

QString widestRate() { return formatRate(88.8e6); }

QString formatRequests(double perSecond, Digits digits) {
  const double value = std::max(0.0, perSecond);
  if (digits == Digits::Fewest) {
    return value < 9999.5    ? shortNumber(value)
           : value < 999'500 ? shortNumber(value / 1000) + u'k'
                             : shortNumber(value / 1e6) + u'M';
  }
  return QLocale().toString(value, 'f', value > 0 && value < 9.95 ? 1 : 0);
}

QString formatCount(std::uint64_t count) { return QLocale().toString(static_cast<qulonglong>(count)); }

QString formatMilliseconds(double milliseconds) {
  return shortNumber(std::max(0.0, milliseconds)) + " ms"_L1;
}

QString displayTarget(std::string_view target) {
  const bool port = !target.empty() &&
                    std::all_of(target.begin(), target.end(), [](char c) { return c >= '0' && c <= '9'; });
  return port ? "localhost:"_L1 + fromUtf8(target) : fromUtf8(target);
}

QString toolTipText(const QString& text) {
  if (text.isEmpty()) return {};
  QString escaped = text.toHtmlEscaped();
  return "<p style=\"white-space: pre-wrap; margin: 0\">"_L1 + escaped.replace(u'\n', "<br>"_L1) + "</p>"_L1;
}

QString shortAddress(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  if (url.ends_with('/')) url.remove_suffix(1);
  return fromUtf8(url);
}

}  // namespace adit::ui
