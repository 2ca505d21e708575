// SPDX-License-Identifier: Apache-2.0
#pragma once
// A TOML file of ours read strictly: every error is InvalidArgument with file:line:column, an unknown key is
// one, too, with the key that was probably meant. Values; one thread.

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <toml++/toml.h>

#include "core/base/error.h"

namespace adit::config {

/// Of a file that holds a secret errors quote nothing.
enum class Quoting { Allowed, Never };

class TomlReader {
 public:
  /// Parses, and checks that `version` is there and is `version`. `file` is what errors call it.
  static Result<TomlReader> parse(std::string_view text, std::string file, int version,
                                  Quoting quoting = Quoting::Allowed);

  [[nodiscard]] const toml::table& root() const noexcept { return m_root; }
  /// An error where the table has a key that is not `known`.
  Result<> expectKeys(const toml::table& table, std::initializer_list<std::string_view> known) const;
  /// A text that must be there.
  Result<std::string> text(const toml::table& table, std::string_view key) const;
  /// Nothing where the key is missing.
  Result<std::optional<std::string>> optionalText(const toml::table& table, std::string_view key) const;
  Result<std::optional<bool>> optionalBoolean(const toml::table& table, std::string_view key) const;
  /// A whole number within [least, most].
  Result<std::optional<std::int64_t>> optionalNumber(const toml::table& table, std::string_view key,
                                                     std::int64_t least, std::int64_t most) const;
  /// The failure `problem` at a place of the file.
  [[nodiscard]] tl::unexpected<Error> errorAt(const toml::source_region& place,
                                              std::string_view problem) const;
  /// At the value of `key`, or where the table begins.
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

/// `text` as a basic string of TOML, quotes included.
std::string quoteToml(std::string_view text);

}  // namespace adit::config
