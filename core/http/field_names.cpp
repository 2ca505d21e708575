// SPDX-License-Identifier: Apache-2.0
#include "core/http/field_names.h"

#include <array>

#include "core/http/scan.h"

namespace adit::http {
namespace {

struct Entry {
  std::string_view spelling;
  std::uint8_t roles;
};

constexpr std::array<Entry, kFieldIdCount> kEntries = {{{"", 0},
#define ADIT_FIELD_ENTRY(identifier, spelling, roles) {spelling, roles},
                                                        ADIT_FIELD_NAMES(ADIT_FIELD_ENTRY)
#undef ADIT_FIELD_ENTRY
}};

constexpr std::size_t totalLength() {
  std::size_t total = 0;
  for (const Entry& entry : kEntries) total += entry.spelling.size();
  return total;
}

constexpr auto kLowerText = [] {
  std::array<char, totalLength()> text{};
  std::size_t at = 0;
  for (const Entry& entry : kEntries) {
    for (const char c : entry.spelling) text[at++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return text;
}();

constexpr auto kLower = [] {
  std::array<std::string_view, kFieldIdCount> lower{};
  std::size_t at = 0;
  for (std::size_t id = 0; id < kFieldIdCount; ++id) {
    lower[id] = std::string_view(kLowerText.data() + at, kEntries[id].spelling.size());
    at += kEntries[id].spelling.size();
  }
  return lower;
}();

constexpr std::size_t kSlots = 512;

/// The factors were found by search: no two names of the table share a slot (asserted below). Letters are
/// folded by setting bit 5, which other characters survive well enough for a hash.
constexpr std::uint32_t slotOf(std::string_view name) noexcept {
  const auto at = [name](std::size_t index) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(name[index]) | 0x20U);
  };
  const std::size_t size = name.size();
  const std::uint32_t hash = static_cast<std::uint32_t>(size) * 3234 + at(0) * 2958 + at(size - 1) * 2499 +
                             at(3 * size / 4) * 212 + at(size >= 3 ? size - 3 : 0) * 3755;
  return (hash >> 3) & (kSlots - 1);
}

constexpr auto kSlotTable = [] {
  std::array<std::uint8_t, kSlots> table{};
  for (std::size_t id = 1; id < kFieldIdCount; ++id) {
    table[slotOf(kEntries[id].spelling)] = static_cast<std::uint8_t>(id);
  }
  return table;
}();

constexpr bool isPerfect() {
  for (std::size_t id = 1; id < kFieldIdCount; ++id) {
    if (kSlotTable[slotOf(kEntries[id].spelling)] != id) return false;
  }
  return true;
}
static_assert(isPerfect(), "two names share a slot: search new factors");
static_assert(kFieldIdCount <= 128, "name codes have seven bits");

}  // namespace

FieldId fieldId(std::string_view name) noexcept {
  if (name.empty()) return FieldId::Unknown;
  const std::uint8_t id = kSlotTable[slotOf(name)];
  return id != 0 && scan::equalsLower(name, kLower[id]) ? static_cast<FieldId>(id) : FieldId::Unknown;
}

std::string_view fieldName(FieldId id) noexcept { return kEntries[static_cast<std::size_t>(id)].spelling; }
std::string_view fieldNameLower(FieldId id) noexcept { return kLower[static_cast<std::size_t>(id)]; }
std::uint8_t fieldRoles(FieldId id) noexcept { return kEntries[static_cast<std::size_t>(id)].roles; }

}  // namespace adit::http
