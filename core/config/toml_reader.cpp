// SPDX-License-Identifier: Apache-2.0
#include "core/config/toml_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "core/base/display_text.h"
#include "core/base/nearest_word.h"

namespace adit::config {

namespace {

constexpr std::size_t kMaxKeyShown = 64;

std::string_view typeName(toml::node_type type) {
  switch (type) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

}  // namespace

std::string quoteToml(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted.push_back('\\');
      quoted.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += fmt::format("\\u{:04X}", byte);
    } else {
      quoted.push_back(c);
    }
  }
  quoted.push_back('"');
  return quoted;
}

Result<TomlReader> TomlReader::parse(std::string_view text, std::string file, int version, Quoting quoting) {
  TomlReader reader(std::move(file), quoting);
  try {
    reader.m_root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    // The library's message can quote the text.
    return reader.errorAt(error.source(), quoting == Quoting::Never ? std::string("this is not valid TOML")
                                                                    : displayText(error.description(), 200));
  }
  const toml::node* found = reader.m_root.get("version");
  if (found == nullptr) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{}:1:1: 'version = {}' is missing", reader.m_file, version));
  }
  const std::optional<std::int64_t> number = found->value_exact<std::int64_t>();
  if (!number) return reader.wrongType(reader.m_root, "version", "an integer");
  if (*number != version) {
    return reader.errorAt(
        reader.m_root, "version",
        fmt::format("this program does not know version {}; it writes version {}", *number, version));
  }
  return reader;
}

Result<> TomlReader::expectKeys(const toml::table& table,
                                std::initializer_list<std::string_view> known) const {
  for (const auto& [key, value] : table) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    const std::string_view meant = nearestWord(key.str(), std::span(known.begin(), known.size()));
    if (m_quoting == Quoting::Never) return errorAt(key.source(), "this key is not known");
    const std::string shown = displayText(key.str(), kMaxKeyShown);
    return errorAt(key.source(), meant.empty() ? fmt::format("there is no key '{}' here", shown)
                                               : fmt::format("there is no key '{}' here; did you mean '{}'?",
                                                             shown, meant));
  }
  return {};
}

Result<std::string> TomlReader::text(const toml::table& table, std::string_view key) const {
  auto found = optionalText(table, key);
  if (!found) return fail(std::move(found.error()));
  if (!*found) return errorAt(table.source(), fmt::format("'{}' is missing", key));
  return std::move(**found);
}

Result<std::optional<std::string>> TomlReader::optionalText(const toml::table& table,
                                                            std::string_view key) const {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::optional<std::string>();
  auto value = node->value_exact<std::string>();
  if (!value) return wrongType(table, key, "a text");
  return value;
}

Result<std::optional<bool>> TomlReader::optionalBoolean(const toml::table& table,
                                                        std::string_view key) const {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::optional<bool>();
  const auto value = node->value_exact<bool>();
  if (!value) return wrongType(table, key, "true or false");
  return value;
}

Result<std::optional<std::int64_t>> TomlReader::optionalNumber(const toml::table& table, std::string_view key,
                                                               std::int64_t least, std::int64_t most) const {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::optional<std::int64_t>();
  const auto value = node->value_exact<std::int64_t>();
  if (!value) return wrongType(table, key, "a whole number");
  if (*value < least || *value > most)
    return errorAt(table, key, fmt::format("'{}' must be {} to {}", key, least, most));
  return value;
}

tl::unexpected<Error> TomlReader::wrongType(const toml::table& table, std::string_view key,
                                            std::string_view wanted) const {
  return errorAt(table, key,
                 fmt::format("'{}' must be {}, not {}", key, wanted, typeName(table.get(key)->type())));
}

tl::unexpected<Error> TomlReader::errorAt(const toml::source_region& place, std::string_view problem) const {
  const auto line = std::max<toml::source_index>(place.begin.line, 1);
  const auto column = std::max<toml::source_index>(place.begin.column, 1);
  return fail(ErrorCode::InvalidArgument, fmt::format("{}:{}:{}: {}", m_file, line, column, problem));
}

tl::unexpected<Error> TomlReader::errorAt(const toml::table& table, std::string_view key,
                                          std::string_view problem) const {
  const toml::node* node = table.get(key);
  return errorAt(node != nullptr ? node->source() : table.source(), problem);
}

}  // namespace adit::config
