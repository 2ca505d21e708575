// SPDX-License-Identifier: Apache-2.0
#include "core/access/token_file.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include <spdlog/fmt/fmt.h>
#include <nlohmann/json.hpp>

#include "core/base/encoding.h"

namespace adit::access {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

std::string positionOf(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte > 0 ? byte - 1 : 0);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t lineStart = before.find_last_of('\n');
  const std::size_t column = 1 + before.size() - (lineStart == std::string_view::npos ? 0 : lineStart + 1);
  return fmt::format("{}:{}", line, column);
}

std::optional<std::array<std::uint8_t, 32>> parseHash(std::string_view hex) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::array<std::uint8_t, 32> hash{};
  if (hex.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = digit(hex[2 * i]);
    const int low = digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return hash;
}

/// The member with that name and type, or null.
const Json* member(const Json& object, const char* name, bool (*isOfType)(const Json&)) {
  const auto it = object.find(name);
  return it != object.end() && isOfType(*it) ? &*it : nullptr;
}
constexpr auto kText = [](const Json& value) { return value.is_string(); };
constexpr auto kInteger = [](const Json& value) { return value.is_number_integer(); };
constexpr auto kBoolean = [](const Json& value) { return value.is_boolean(); };
constexpr auto kArray = [](const Json& value) { return value.is_array(); };

std::optional<StoredToken> parseEntry(const Json& entry) {
  if (!entry.is_object()) return std::nullopt;
  const Json* id = member(entry, "id", kText);
  const Json* label = member(entry, "label", kText);
  const Json* sha256 = member(entry, "sha256", kText);
  const Json* created = member(entry, "created", kInteger);
  const Json* revoked = member(entry, "revoked", kBoolean);
  if (id == nullptr || label == nullptr || sha256 == nullptr || created == nullptr || revoked == nullptr)
    return std::nullopt;
  const auto hash = parseHash(sha256->get_ref<const std::string&>());
  const auto& idText = id->get_ref<const std::string&>();
  if (!hash || idText.empty()) return std::nullopt;
  StoredToken token{{idText, label->get<std::string>(), revoked->get<bool>(), created->get<std::int64_t>()},
                    *hash};
  token.info.principal = idText;
  if (entry.contains("principal")) {
    const Json* principal = member(entry, "principal", kText);
    if (principal == nullptr) return std::nullopt;
    token.info.principal = principal->get<std::string>();
  }
  if (!isPrincipalId(token.info.principal)) return std::nullopt;
  if (entry.contains("maxNames")) {
    const Json* most = member(entry, "maxNames", kInteger);
    if (most == nullptr || *most < 1 || *most > Rights::kMostNames) return std::nullopt;
    token.info.maxNames = most->get<std::size_t>();
  }
  return token;
}

}  // namespace

Result<std::vector<StoredToken>> parseTokens(std::string_view text, std::string_view file) {
  Json document;
  try {
    document = Json::parse(text);
  } catch (const Json::parse_error& error) {  // only the exception says where
    return fail(ErrorCode::Malformed,
                fmt::format("{}:{}: this is not JSON", file, positionOf(text, error.byte)), error.id);
  }
  const auto bad = [file](std::string_view problem) {
    return fail(ErrorCode::Malformed, fmt::format("{}: {}", file, problem));
  };
  if (!document.is_object()) return bad("not a list of tokens");
  const Json* version = member(document, "version", kInteger);
  if (version == nullptr) return bad("'version' is missing");
  if (*version != kVersion)
    return bad(fmt::format("version {} is newer than what this program can read", version->dump()));
  const Json* entries = member(document, "tokens", kArray);
  if (entries == nullptr) return bad("'tokens' is not a list");
  if (entries->size() > TokenStore::kMaxTokens)
    return bad(fmt::format("more than {} tokens", TokenStore::kMaxTokens));
  std::vector<StoredToken> tokens;
  std::unordered_set<std::string> ids;
  tokens.reserve(entries->size());
  for (const Json& entry : *entries) {
    auto token = parseEntry(entry);
    if (!token) return bad(fmt::format("entry {} of 'tokens' is not a token", tokens.size() + 1));
    if (!ids.insert(token->info.id).second)
      return bad(fmt::format("two tokens have the id '{}'", token->info.id));
    tokens.push_back(std::move(*token));
  }
  return tokens;
}

std::string formatTokens(const std::vector<StoredToken>& tokens) {
  Json entries = Json::array();
  for (const StoredToken& token : tokens) {
    entries.push_back({{"id", token.info.id},
                       {"label", token.info.label},
                       {"sha256", toHex(token.sha256)},
                       {"created", token.info.createdUnix},
                       {"revoked", token.info.revoked},
                       {"principal", token.info.principal}});
    if (token.info.maxNames != Rights::kDefaultNames) entries.back()["maxNames"] = token.info.maxNames;
  }
  const Json document = {{"version", kVersion}, {"tokens", std::move(entries)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace adit::access
