// SPDX-License-Identifier: Apache-2.0
#include "core/http/message.h"

#include <cstring>

#include "core/http/scan.h"

namespace adit::http {
namespace {

/// Eight characters with A-Z made lower; bytes from 0x80 on are left alone.
std::uint64_t lower8(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  const std::uint64_t low7 = word & (kOnes * 0x7f);
  const std::uint64_t fromA = low7 + kOnes * (0x80 - 'A');
  const std::uint64_t aboveZ = low7 + kOnes * (0x7f - 'Z');
  return word | ((~word & (fromA ^ aboveZ) & (kOnes * 0x80)) >> 2);
}

std::uint64_t load8(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

unsigned char lower1(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + 32) : byte;
}

}  // namespace

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
  if (a.size() != b.size()) return false;
  std::size_t at = 0;
  if (a.size() >= 8) {
    const std::size_t last = a.size() - 8;
    for (; at < last; at += 8) {
      if (lower8(load8(a.data() + at)) != lower8(load8(b.data() + at))) return false;
    }
    return lower8(load8(a.data() + last)) == lower8(load8(b.data() + last));  // may overlap what was compared
  }
  for (; at < a.size(); ++at) {
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
