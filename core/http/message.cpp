// SPDX-License-Identifier: Apache-2.0
#include "core/http/message.h"

#include "core/http/scan.h"

namespace adit::http {
void RequestHead::clear() noexcept {
  method = target = authority = {};
  version = Version::Http11;
  fields.clear();
}

void ResponseHead::clear() noexcept {
  status = 0;
  reason = {};
  version = Version::Http11;
  fields.clear();
}

bool equalsIgnoreCase(std::string_view a, std::string_view b) noexcept {
  using namespace scan::detail;
  if (a.size() != b.size()) return false;
  if (a.size() >= 8) {
    const std::size_t last = a.size() - 8;
    for (std::size_t at = 0; at < last; at += 8) {
      if (lower8(load(a.data() + at)) != lower8(load(b.data() + at))) return false;
    }
    return lower8(load(a.data() + last)) == lower8(load(b.data() + last));  // may overlap what was compared
  }
  for (std::size_t at = 0; at < a.size(); ++at) {
    if (lower1(a[at]) != lower1(b[at])) return false;
  }
  return true;
}

const Field* findField(const std::vector<Field>& fields, std::string_view name) noexcept {
  for (const Field& field : fields) {
    if (equalsIgnoreCase(field.name, name)) return &field;
  }
  return nullptr;
}

bool listContains(std::string_view value, std::string_view token) noexcept {
  for (;;) {
    const std::size_t comma = value.find(',');
    if (equalsIgnoreCase(scan::trim(value.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    value.remove_prefix(comma + 1);
  }
}

}  // namespace adit::http
