// SPDX-License-Identifier: Apache-2.0
#include "core/client/origin_settings.h"

#include <spdlog/fmt/fmt.h>

#include "core/http/semantics.h"

namespace adit::client {

namespace {

constexpr std::chrono::seconds kMaxTimeout(3600);

Result<Duration> timeout(std::chrono::seconds value, std::string_view what) {
  if (value < std::chrono::seconds(1) || value > kMaxTimeout) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the {} is 1 to {} seconds, not {}", what, kMaxTimeout.count(), value.count()));
  }
  return Duration(value);
}

}  // namespace

Result<OriginSettings> OriginSettings::prepare(const OriginOptions& options, const Target& target) {
  if (target.tls) return fail(ErrorCode::Unsupported, "origins behind TLS are not supported yet");
  OriginSettings settings;
  if (options.hostHeader == "target") {
    settings.hostHeader = target.authority();
  } else if (!options.hostHeader.empty() && options.hostHeader != "keep") {
    if (http::hostOf(options.hostHeader).empty()) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("'{}' is no host; the Host field is 'keep', 'target' or a host[:port]",
                              options.hostHeader));
    }
    settings.hostHeader = options.hostHeader;
  }
  const auto connect = timeout(options.connectTimeout, "time to connect to an origin");
  if (!connect) return fail(connect.error());
  settings.connectTimeout = *connect;
  return settings;
}

}  // namespace adit::client
