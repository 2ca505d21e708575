// SPDX-License-Identifier: Apache-2.0
#include "core/config/tunnel_entry.h"

#include <spdlog/fmt/fmt.h>

#include "core/session/tunnel_name.h"

namespace adit::config {

namespace {

constexpr std::string_view kHostHeader = "host-header", kCa = "origin-ca", kServerName = "origin-server-name",
                           kInsecure = "origin-insecure", kConnectTimeout = "origin-connect-timeout",
                           kTlsTimeout = "origin-tls-timeout", kAnswerTimeout = "origin-timeout";

Result<std::optional<std::chrono::seconds>> optionalSeconds(const TomlReader& reader,
                                                            const toml::table& table, std::string_view key,
                                                            std::chrono::seconds most) {
  const auto number = reader.optionalNumber(table, key, OriginOptions::kLeastTimeout.count(), most.count());
  if (!number) return fail(number.error());
  if (!*number) return std::optional<std::chrono::seconds>();
  return std::chrono::seconds(**number);
}

Result<> readOrigin(const TomlReader& reader, const toml::table& table, OriginOptions& origin) {
  for (const auto& [key, value] : {std::pair{kHostHeader, &origin.hostHeader}, std::pair{kCa, &origin.caFile},
                                   std::pair{kServerName, &origin.serverName}}) {
    auto text = reader.optionalText(table, key);
    if (!text) return fail(std::move(text.error()));
    if (!*text) continue;
    if ((*text)->size() > TunnelStore::kMaxTarget)
      return reader.errorAt(table, key, fmt::format("'{}' is too long", key));
    *value = std::move(**text);
  }
  const auto insecure = reader.optionalBoolean(table, kInsecure);
  if (!insecure) return fail(insecure.error());
  origin.insecure = insecure->value_or(false);
  for (const auto& [key, value] :
       {std::pair{kConnectTimeout, &origin.connectTimeout}, std::pair{kTlsTimeout, &origin.tlsTimeout}}) {
    const auto number = optionalSeconds(reader, table, key, OriginOptions::kMostTimeout);
    if (!number) return fail(number.error());
    if (*number) *value = **number;
  }
  const auto answer = optionalSeconds(reader, table, kAnswerTimeout, OriginOptions::kMostAnswerTimeout);
  if (!answer) return fail(answer.error());
  if (*answer) origin.answerTimeout = *answer;
  return {};
}

/// Only the options that differ from their default.
std::string writeOrigin(const OriginOptions& origin) {
  const OriginOptions usual;
  std::string text;
  if (!origin.hostHeader.empty()) text += fmt::format("{} = {}\n", kHostHeader, quoteToml(origin.hostHeader));
  if (!origin.caFile.empty()) text += fmt::format("{} = {}\n", kCa, quoteToml(origin.caFile));
  if (!origin.serverName.empty()) text += fmt::format("{} = {}\n", kServerName, quoteToml(origin.serverName));
  if (origin.insecure) text += fmt::format("{} = true\n", kInsecure);
  if (origin.connectTimeout != usual.connectTimeout)
    text += fmt::format("{} = {}\n", kConnectTimeout, origin.connectTimeout.count());
  if (origin.tlsTimeout != usual.tlsTimeout)
    text += fmt::format("{} = {}\n", kTlsTimeout, origin.tlsTimeout.count());
  if (origin.answerTimeout) text += fmt::format("{} = {}\n", kAnswerTimeout, origin.answerTimeout->count());
  return text;
}

}  // namespace

Result<StoredTunnel> readTunnelEntry(const TomlReader& reader, const toml::table& table) {
  if (auto known = reader.expectKeys(table, {"name", "target", "started", kHostHeader, kCa, kServerName,
                                             kInsecure, kConnectTimeout, kTlsTimeout, kAnswerTimeout});
      !known)
    return fail(std::move(known.error()));
  auto name = reader.optionalText(table, "name");
  if (!name) return fail(std::move(name.error()));
  auto target = reader.text(table, "target");
  if (!target) return fail(std::move(target.error()));
  const auto started = reader.optionalBoolean(table, "started");
  if (!started) return fail(started.error());

  StoredTunnel tunnel{"", std::move(*target), started->value_or(true)};
  if (auto origin = readOrigin(reader, table, tunnel.origin); !origin) return fail(std::move(origin.error()));
  if (tunnel.target.empty()) return reader.errorAt(table, "target", "'target' is empty");
  if (tunnel.target.size() > TunnelStore::kMaxTarget)
    return reader.errorAt(table, "target", "'target' is too long");
  if (*name && !(*name)->empty()) {
    auto normalized = session::normalizeName(**name);
    if (!normalized) return reader.errorAt(table, "name", normalized.error().detail);
    tunnel.name = std::move(*normalized);
  }
  return tunnel;
}

std::string writeTunnelEntry(const StoredTunnel& tunnel) {
  return fmt::format("[[tunnel]]\nname = {}\ntarget = {}\nstarted = {}\n", quoteToml(tunnel.name),
                     quoteToml(tunnel.target), tunnel.started) +
         writeOrigin(tunnel.origin);
}

}  // namespace adit::config
