// SPDX-License-Identifier: Apache-2.0
#include "core/routing/reservation_text.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "core/access/principal.h"

namespace adit::routing {

namespace {

constexpr std::string_view kHeader = "adit-names ";
constexpr std::string_view kVersion = "1";
/// No real file has a larger time: some 30 years.
constexpr std::int64_t kMostSeconds = 1'000'000'000;

/// FNV-1a: it has to detect incomplete writes, not forgery.
std::uint32_t checksum(std::string_view text) noexcept {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  return hash;
}

std::string finished(std::string_view line) { return fmt::format("{} {:08x}\n", line, checksum(line)); }

/// The line without its checksum, if the checksum is right.
std::optional<std::string_view> checked(std::string_view line) {
  const std::size_t space = line.rfind(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view body = line.substr(0, space);
  if (line.substr(space + 1) != fmt::format("{:08x}", checksum(body))) return std::nullopt;
  return body;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    result.push_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return result;
}

std::optional<std::int64_t> secondsOf(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < -kMostSeconds || value > kMostSeconds) return std::nullopt;
  return value;
}

bool isLabel(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// The reservation that a line describes.
struct Told {
  std::string principal;
  bool chosen = false, held = false;
  std::int64_t leftAt = 0, reservedUntil = 0;
};

std::optional<Told> readName(const std::vector<std::string_view>& parts) {
  if (parts.size() < 5 || !isLabel(parts[1]) || !access::isPrincipalId(parts[2])) return std::nullopt;
  if (parts[3] != "asked" && parts[3] != "chosen") return std::nullopt;
  Told told{std::string(parts[2]), parts[3] == "chosen", parts[4] == "held"};
  if (told.held) return parts.size() == 5 ? std::optional(told) : std::nullopt;
  const auto left = secondsOf(parts[4]);
  const auto until = parts.size() == 6 ? secondsOf(parts[5]) : std::nullopt;
  if (!left || !until) return std::nullopt;
  told.leftAt = *left;
  told.reservedUntil = *until;
  return told;
}

}  // namespace

std::int64_t RunningClock::secondsAt(Timestamp time) const noexcept {
  return secondsAtStart + std::chrono::floor<std::chrono::seconds>(time - start).count();
}

Timestamp RunningClock::timeOf(std::int64_t seconds) const noexcept {
  return start + std::chrono::seconds(seconds - secondsAtStart);
}

std::string reservationHeader() { return finished(std::string(kHeader) + std::string(kVersion)); }

std::string timeLine(const RunningClock& clock, Timestamp now) {
  return finished(fmt::format("time {}", clock.secondsAt(now)));
}

std::string reservationLine(const ReservationChange& change, const RunningClock& clock) {
  const Reservation& value = change.value;
  if (change.freed) return finished(fmt::format("free {}", value.name));
  const std::string_view kind = value.chosen ? "chosen" : "asked";
  if (value.held) return finished(fmt::format("name {} {} {} held", value.name, value.principal, kind));
  return finished(fmt::format("name {} {} {} {} {}", value.name, value.principal, kind,
                              clock.secondsAt(value.leftAt), clock.secondsAt(value.reservedUntil)));
}

Result<ReservationFile> parseReservations(std::string_view text, Timestamp now) {
  ReservationFile file;
  std::map<std::string, Told, std::less<>> names;
  std::int64_t seconds = 0;
  bool hasHeader = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto body = checked(line);
    const auto parts = body ? words(*body) : std::vector<std::string_view>();
    if (body && body->starts_with(kHeader)) {
      if (body->substr(kHeader.size()) != kVersion)
        return fail(ErrorCode::Unsupported, "the reserved names were written by a newer version of adit");
      hasHeader = true;
    } else if (parts.size() == 2 && parts[0] == "time" && secondsOf(parts[1])) {
      seconds = std::max(seconds, *secondsOf(parts[1]));
    } else if (parts.size() == 2 && parts[0] == "free") {
      if (const auto found = names.find(parts[1]); found != names.end()) names.erase(found);
    } else if (const auto told = parts.empty() || parts[0] != "name" ? std::nullopt : readName(parts)) {
      names.insert_or_assign(std::string(parts[1]), *told);
    } else {
      ++file.damagedLines;
    }
  }
  if (!hasHeader && !names.empty()) ++file.damagedLines;
  file.clock = {now, seconds};
  for (const auto& [name, told] : names) {
    Reservation reservation{name, told.principal, told.chosen, told.held};
    if (!told.held) {
      reservation.leftAt = file.clock.timeOf(told.leftAt);
      reservation.reservedUntil = file.clock.timeOf(told.reservedUntil);
    }
    file.reservations.push_back(std::move(reservation));
  }
  return file;
}

}  // namespace adit::routing
