// SPDX-License-Identifier: Apache-2.0
#include "core/http/forwarding.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>

#include "core/http/field_names.h"
#include "core/http/scan.h"
#include "core/http/semantics.h"

namespace adit::http {
namespace {

constexpr std::array<std::string_view, 3> kViaMembers = {"1.0 adit", "1.1 adit", "2 adit"};

/// 1*DIGIT; larger numbers become the largest.
bool readCount(std::string_view text, std::uint32_t& count) noexcept {
  if (text.empty() || !scan::isAll(text, scan::kDigit)) return false;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), count);
  if (result.ec == std::errc::result_out_of_range) count = std::numeric_limits<std::uint32_t>::max();
  return true;
}

/// RFC 9110 section 7.6.2, for OPTIONS.
Passage countDown(RequestHead& head, MaxForwardsText& scratch) noexcept {
  Field* counter = nullptr;
  for (Field& field : head.fields) {
    if (fieldId(field.name) != FieldId::MaxForwards) continue;
    if (counter != nullptr) return Passage::Malformed;
    counter = &field;
  }
  if (counter == nullptr) return Passage::Onward;
  std::uint32_t count = 0;
  if (!readCount(counter->value, count)) return Passage::Malformed;
  if (count == 0) return Passage::EndsHere;
  const auto end = std::to_chars(scratch.data(), scratch.data() + scratch.size(), count - 1).ptr;
  counter->value = {scratch.data(), static_cast<std::size_t>(end - scratch.data())};
  return Passage::Onward;
}

void writeTwo(char* at, int number) noexcept {
  at[0] = static_cast<char>('0' + number / 10);
  at[1] = static_cast<char>('0' + number % 10);
}

}  // namespace

HopNames::HopNames(std::string_view instance, RequestVia requestVia) : m_requestVia(requestVia) {
  m_cdnId.append("adit-").append(instance);
}

std::string_view HopNames::via(Version received) noexcept {
  return kViaMembers[static_cast<std::size_t>(received)];
}

unsigned HopNames::visits(const std::vector<Field>& fields) const noexcept {
  unsigned count = 0;
  for (const Field& field : fields) {
    if (!isCdnLoop(field.name)) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view member = rest.substr(0, comma);
      // Parameters may follow the id (RFC 8586 section 2).
      if (equalsIgnoreCase(scan::trim(member.substr(0, member.find(';'))), m_cdnId) && ++count >= kMaxVisits)
        return count;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return count;
}

Passage passRequest(RequestHead& head, const HopNames& names, MaxForwardsText& scratch) {
  if (head.method == "TRACE" || head.method == "CONNECT") return Passage::Refused;
  if (head.method == "OPTIONS") {
    if (const Passage passage = countDown(head, scratch); passage != Passage::Onward) return passage;
  }
  if (names.visits(head.fields) >= kMaxVisits) return Passage::Looping;
  head.fields.push_back({kCdnLoop, names.cdnId()});
  if (names.addsViaToRequests())
    head.fields.push_back({fieldName(FieldId::Via), HopNames::via(head.version)});
  return Passage::Onward;
}

void passResponse(ResponseHead& head, std::string_view date) {
  if (head.status < 200) return;
  const bool dated = std::any_of(head.fields.begin(), head.fields.end(), [](const Field& field) {
    return field.name.size() == 4 && scan::equalsLower(field.name, "date");
  });
  if (!dated) head.fields.push_back({fieldName(FieldId::Date), date});
  head.fields.push_back({fieldName(FieldId::Via), HopNames::via(head.version)});
}

void writeDate(std::int64_t unixSeconds, char* room) noexcept {
  using namespace std::chrono;
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const sys_seconds time{seconds(unixSeconds)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const auto clock = static_cast<int>((time - day).count());
  const int year = static_cast<int>(date.year());
  std::copy_n("Xxx, 00 Xxx 0000 00:00:00 GMT", kDateSize, room);
  std::copy_n(kDays.data() + std::size_t{3} * weekday(day).c_encoding(), 3, room);
  writeTwo(room + 5, static_cast<int>(static_cast<unsigned>(date.day())));
  std::copy_n(kMonths.data() + std::size_t{3} * (static_cast<unsigned>(date.month()) - 1), 3, room + 8);
  writeTwo(room + 12, year / 100 % 100);
  writeTwo(room + 14, year % 100);
  writeTwo(room + 17, clock / 3600);
  writeTwo(room + 20, clock / 60 % 60);
  writeTwo(room + 23, clock % 60);
}

std::int64_t DateText::systemSeconds() noexcept {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

std::string_view DateText::at(Timestamp now) noexcept {
  if (now >= m_due) {
    writeDate(m_clock(), m_text.data());
    m_due = now + std::chrono::seconds(1);
  }
  return {m_text.data(), m_text.size()};
}

}  // namespace adit::http
