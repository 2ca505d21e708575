// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers and text as people read them, in the current locale: sizes and rates in decimal units with two to
// three digits. Pure functions.

#include <cstdint>
#include <QString>
#include <string>
#include <string_view>

namespace adit::ui {

QString fromUtf8(std::string_view text);

/// "0 B", "812 B", "1.4 kB", "23 MB".
QString formatBytes(double bytes);
/// The same a second: "1.4 MB/s".
QString formatRate(double bytesPerSecond);
/// Requests a second: "0", "0.4", "12", "1,240".
QString formatRequests(double perSecond);
QString formatCount(std::uint64_t count);
/// "0.4 ms", "18 ms".
QString formatMilliseconds(double milliseconds);

/// "localhost:3000" for "3000", and targets of other forms as they are.
QString displayTarget(std::string_view target);
/// The address without "http://", for narrow places.
QString shortAddress(std::string_view url);

}  // namespace adit::ui
