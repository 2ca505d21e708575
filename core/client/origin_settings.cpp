// SPDX-License-Identifier: Apache-2.0
#include "core/client/origin_settings.h"

#include <spdlog/fmt/fmt.h>

#include "core/base/log.h"
#include "core/http/semantics.h"

namespace adit::client {

namespace {

/// A host name or an address, without a port.
bool isServerName(std::string_view name) {
  const std::string_view host = http::hostOf(name);
  return !host.empty() && host.size() == name.size();
}

Result<Duration> timeout(std::chrono::seconds value, std::string_view what,
                         std::chrono::seconds most = OriginOptions::kMostTimeout) {
  if (value < OriginOptions::kLeastTimeout || value > most) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the {} is {} to {} seconds, not {}", what, OriginOptions::kLeastTimeout.count(),
                            most.count(), value.count()));
  }
  return Duration(value);
}

Result<> prepareTls(const OriginOptions& options, const Target& target, OriginSettings& settings) {
  if (options.insecure && !options.caFile.empty())
    return fail(ErrorCode::InvalidArgument,
                "an origin is verified by a file of authorities or not at all, not both");
  if (!options.serverName.empty() && !isServerName(options.serverName)) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("'{}' is no name that a certificate can be for", options.serverName));
  }
  const auto limit = timeout(options.tlsTimeout, "time for an origin's TLS handshake");
  if (!limit) return fail(limit.error());
  settings.tlsTimeout = *limit;
  settings.serverName = options.serverName.empty() ? target.host : options.serverName;
  settings.alpn = {target.protocol == Target::Protocol::Http2 ? "h2" : "http/1.1"};
  auto trust = options.insecure         ? tls::TrustStore::insecure()
               : options.caFile.empty() ? tls::TrustStore::systemDefault()
                                        : tls::TrustStore::fromFile(options.caFile);
  if (!trust) return fail(std::move(trust.error()));
  settings.trust = std::move(*trust);
  if (options.insecure) logWarning("client", "{}: its certificate is not verified", target.toString());
  return {};
}

/// Rejects options that would have no effect.
Result<> refuseTls(const OriginOptions& options) {
  if (!options.insecure && options.caFile.empty() && options.serverName.empty()) return {};
  return fail(ErrorCode::InvalidArgument,
              "certificates are a matter of https:// and h2s:// targets; this one is neither");
}

}  // namespace

Result<OriginSettings> OriginSettings::prepare(const OriginOptions& options, const Target& target) {
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
  if (options.answerTimeout) {
    const auto answer =
        timeout(*options.answerTimeout, "time until an origin answers", OriginOptions::kMostAnswerTimeout);
    if (!answer) return fail(answer.error());
    settings.answerTimeout = *answer;
    settings.timesCalls = true;
  }
  if (auto prepared = target.tls ? prepareTls(options, target, settings) : refuseTls(options); !prepared)
    return fail(std::move(prepared.error()));
  return settings;
}

}  // namespace adit::client
