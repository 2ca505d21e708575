// SPDX-License-Identifier: Apache-2.0
#include "core/session/holder_text.h"

#include <ctime>

#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

namespace adit::session {

namespace {

std::string timeText(std::uint64_t unixTime, TimeZone zone, std::uint64_t nowUnix) {
  const auto calendar = [zone](std::uint64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    return zone == TimeZone::Utc ? fmt::gmtime(time) : fmt::localtime(time);
  };
  const std::tm started = calendar(unixTime);
  const std::tm now = calendar(nowUnix);
  const bool sameDay = started.tm_year == now.tm_year && started.tm_yday == now.tm_yday;
  std::string text = sameDay ? fmt::format("{:%H:%M}", started) : fmt::format("{:%Y-%m-%d %H:%M}", started);
  if (zone == TimeZone::Utc) text += " UTC";
  return text;
}

/// Who holds the name. `since` is a part of the sentence, or empty.
std::string describeWho(const wire::NameHolder& holder, std::string_view since) {
  const std::string program = holder.program.empty() ? std::string("client") : holder.program;
  const std::string pid = holder.processId == 0 ? std::string() : fmt::format("pid {}", holder.processId);
  if (holder.ownDevice || holder.device.empty())
    return fmt::format("your {}{}{}", program, since, pid.empty() ? pid : fmt::format(" ({})", pid));
  return fmt::format("'{}' ({}{}{}){}", holder.device, program, pid.empty() ? "" : ", ", pid, since);
}

}  // namespace

std::string describeHolder(std::string_view name, const wire::NameHolder& holder, TimeZone zone,
                           std::uint64_t nowUnix) {
  const std::string since =
      holder.startedUnix == 0 ? std::string() : " since " + timeText(holder.startedUnix, zone, nowUnix);
  return fmt::format("'{}' is in use by {}", name, describeWho(holder, since));
}

std::string describeTaker(std::string_view name, const wire::NameHolder& taker) {
  return fmt::format("'{}' was taken over by {}", name, describeWho(taker, ""));
}

}  // namespace adit::session
