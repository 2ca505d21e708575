// SPDX-License-Identifier: Apache-2.0
#include <unordered_set>

#include <spdlog/fmt/fmt.h>

#include "core/base/files.h"
#include "core/config/profile_store.h"
#include "core/config/toml_reader.h"
#include "core/session/name_registry.h"

namespace adit::config {

namespace {

constexpr int kVersion = 1;

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

/// Only what differs from the usual.
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

Result<StoredTunnel> readTunnel(const TomlReader& reader, const toml::table& table) {
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

Result<std::vector<StoredTunnel>> parseTunnels(std::string_view text, const std::string& file) {
  const auto reader = TomlReader::parse(text, file, kVersion);
  if (!reader) return fail(reader.error());
  const toml::table& root = reader->root();
  if (auto known = reader->expectKeys(root, {"version", "tunnel"}); !known)
    return fail(std::move(known.error()));

  std::vector<StoredTunnel> tunnels;
  const toml::node* list = root.get("tunnel");
  if (list == nullptr) return tunnels;
  if (!list->is_array())
    return reader->errorAt(list->source(), "write each tunnel under a line [[tunnel]], in double brackets");
  if (list->as_array()->size() > TunnelStore::kMaxTunnels)
    return reader->errorAt(list->source(), fmt::format("there can be {} tunnels", TunnelStore::kMaxTunnels));
  std::unordered_set<std::string> names;
  for (const toml::node& entry : *list->as_array()) {
    if (!entry.is_table())
      return reader->errorAt(entry.source(), "a tunnel is a table: write it under a line [[tunnel]]");
    auto tunnel = readTunnel(*reader, *entry.as_table());
    if (!tunnel) return fail(std::move(tunnel.error()));
    if (!tunnel->name.empty() && !names.insert(tunnel->name).second) {
      return reader->errorAt(*entry.as_table(), "name",
                             fmt::format("a second tunnel has the name '{}'", tunnel->name));
    }
    tunnels.push_back(std::move(*tunnel));
  }
  return tunnels;
}

}  // namespace

Result<std::vector<StoredTunnel>> TunnelStore::load() const {
  const auto text = readFile(m_file, FileSecrecy::Public);
  if (!text && text.error().code == ErrorCode::NotFound) return std::vector<StoredTunnel>();
  if (!text) return fail(text.error());
  return parseTunnels(*text, m_file.string());
}

Result<> TunnelStore::save(const std::vector<StoredTunnel>& tunnels) const {
  std::string text = fmt::format(
      "# Tunnels of the desktop application; written when they change.\nversion = {}\n", kVersion);
  for (const StoredTunnel& tunnel : tunnels) {
    text += fmt::format("\n[[tunnel]]\nname = {}\ntarget = {}\nstarted = {}\n", quoteToml(tunnel.name),
                        quoteToml(tunnel.target), tunnel.started);
    text += writeOrigin(tunnel.origin);
  }
  // What could not be read back would be lost at the next start; the old file is better then.
  if (auto readable = parseTunnels(text, m_file.string()); !readable)
    return fail(std::move(readable.error()));
  if (m_file.has_parent_path()) {
    if (auto made = ensureDirectory(m_file.parent_path(), FileSecrecy::Public); !made) return made;
  }
  return writeFileAtomically(m_file, text, FileSecrecy::Public);
}

}  // namespace adit::config
