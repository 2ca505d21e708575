// SPDX-License-Identifier: Apache-2.0
#include "core/session/tunnel_name.h"

#include <algorithm>
#include <array>

#include <spdlog/fmt/fmt.h>

#include "core/base/display_text.h"

namespace adit::session {

namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::array<std::string_view, 4> kReserved = {"www", "admin", "api", "adit"};

tl::unexpected<Error> invalid(std::string_view name, std::string_view rule) {
  return fail(ErrorCode::NameInvalid,
              fmt::format("'{}' cannot be a tunnel's name: {}", displayText(name, kMaxLabel), rule));
}

}  // namespace

Result<std::string> normalizeName(std::string_view name) {
  if (name.empty()) return invalid(name, "it is empty");
  if (name.size() > kMaxLabel) return invalid(name, "it has more than 63 characters");
  std::string label;
  label.reserve(name.size());
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '-';
    if (!fits) return invalid(name, "it may have letters a to z, digits and hyphens only");
    label.push_back(lower);
  }
  if (label.front() == '-' || label.back() == '-')
    return invalid(name, "it may neither begin nor end with a hyphen");
  if (label.starts_with("xn--")) return invalid(name, "it may not begin with 'xn--'");
  if (std::find(kReserved.begin(), kReserved.end(), label) != kReserved.end()) {
    return fail(ErrorCode::NameInvalid, fmt::format("the name '{}' is reserved", label));
  }
  return label;
}

}  // namespace adit::session
