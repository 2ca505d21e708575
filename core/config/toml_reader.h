// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads Adit's TOML files strictly. Every error is InvalidArgument with file:line:column; an unknown key is
// an error, too, and names the key that was probably meant. Values; one thread.

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <toml++/toml.h>

#include "core/base/error.h"

namespace adit::config {

/// Errors about a Secret file quote none of its content.
enum class Quoting { Allowed, Never };

class TomlReader {
 public:
  /// Parses `text` and checks that its key `version` has this value. `file` is its name in errors.
  static Result<TomlReader> parse(std::string_view text, std::string file, int version,
                                  Quoting quoting = Quoting::Allowed);

  [[nodiscard]] const toml::table& root() const noexcept { return m_root; }
  /// An error if the table has a key that is not in `known`.
  Result<> expectKeys(const toml::table& table, std::initializer_list<std::string_view> known) const;
  /// A text; an error if the key is missing.
  Result<std::string> text(const toml::table& table, std::string_view key) const;
  /// A text; nothing if the key is missing.
  Result<std::optional<std::string>> optionalText(const toml::table& table, std::string_view key) const;
  Result<std::optional<bool>> optionalBoolean(const toml::table& table, std::string_view key) const;
  /// A whole number within [least, most].
  Result<std::optional<std::int64_t>> optionalNumber(const toml::table& table, std::string_view key,
                                                     std::int64_t least, std::int64_t most) const;
  /// An error with this sentence at a place in the file.
  [[nodiscard]] tl::unexpected<Error> errorAt(const toml::source_region& place,
                                              std::string_view problem) const;
  /// At the value of `key`; if it is missing, where the table begins.
  [[nodiscard]] tl::unexpected<Error> errorAt(const toml::table& table, std::string_view key,
                                              std::string_view problem) const;

 private:
  TomlReader(std::string file, Quoting quoting) : m_file(std::move(file)), m_quoting(quoting) {}
  [[nodiscard]] tl::unexpected<Error> wrongType(const toml::table& table, std::string_view key,
                                                std::string_view wanted) const;

  std::string m_file;
  Quoting m_quoting;
  toml::table m_root;
};

/// `text` as a TOML basic string, with its quotation marks.
std::string quoteToml(std::string_view text);

}  // namespace adit::config
