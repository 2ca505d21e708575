// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers and texts for people, in the current locale; sizes and rates in decimal units. Figures that change
// while they are shown always have three digits, so that they keep their width. Pure functions.

#include <cstdint>
#include <QString>
#include <string>
#include <string_view>

namespace adit::ui {

QString fromUtf8(std::string_view text);

/// Digits: three for changing figures, as few as possible for fixed ones (an axis).
enum class Digits { Three, Fewest };

/// "0 B", "812 B", "1.40 kB", "23.4 MB"; with the fewest digits "1.4 kB", "2 kB", "23 MB".
QString formatBytes(double bytes, Digits digits = Digits::Three);
/// The same per second: "1.40 MB/s".
QString formatRate(double bytesPerSecond, Digits digits = Digits::Three);
/// The widest text of a rate, for reserving room.
QString widestRate();
/// Requests per second: "0", "0.4", "2.0", "12", "1,240"; with the fewest digits "2", "12k".
QString formatRequests(double perSecond, Digits digits = Digits::Three);
QString formatCount(std::uint64_t count);
/// "0.4 ms", "18 ms".
QString formatMilliseconds(double milliseconds);

/// "localhost:3000" for "3000"; other targets unchanged.
QString displayTarget(std::string_view target);
/// `text`, which may come from outside, for a tooltip: markup in it is escaped, and long lines wrap.
QString toolTipText(const QString& text);
/// The address without "http://", for narrow places.
QString shortAddress(std::string_view url);

}  // namespace adit::ui
