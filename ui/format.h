// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers and text as people read them, in the current locale: sizes and rates in decimal units. Figures that
// change before the eyes have three digits whatever they are, so that they keep their width. Pure functions.

#include <cstdint>
#include <QString>
#include <string>
#include <string_view>

namespace adit::ui {

QString fromUtf8(std::string_view text);

/// Three of them for what changes, as few as say it for what stands still (an axis).
enum class Digits { Three, Fewest };

/// "0 B", "812 B", "1.40 kB", "23.4 MB"; with the fewest digits "1.4 kB", "2 kB", "23 MB".
QString formatBytes(double bytes, Digits digits = Digits::Three);
/// The same a second: "1.40 MB/s".
QString formatRate(double bytesPerSecond, Digits digits = Digits::Three);
/// As wide as a rate gets, for keeping room.
QString widestRate();
/// Requests a second: "0", "0.4", "2.0", "12", "1,240"; with the fewest digits "2", "12k".
QString formatRequests(double perSecond, Digits digits = Digits::Three);
QString formatCount(std::uint64_t count);
/// "0.4 ms", "18 ms".
QString formatMilliseconds(double milliseconds);

/// "localhost:3000" for "3000", and targets of other forms as they are.
QString displayTarget(std::string_view target);
/// `text`, which may be from outside, for a tooltip: nothing in it is markup, and long lines wrap.
QString toolTipText(const QString& text);
/// The address without "http://", for narrow places.
QString shortAddress(std::string_view url);

}  // namespace adit::ui
