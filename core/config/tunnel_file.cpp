// SPDX-License-Identifier: Apache-2.0
#include "core/config/tunnel_file.h"

#include <algorithm>
#include <unordered_set>

#include <spdlog/fmt/fmt.h>

#include "core/config/tunnel_entry.h"

namespace adit::config {

namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    lines.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// The first character that is not blank, or 0.
char firstOf(std::string_view line) {
  const std::size_t at = line.find_first_not_of(kBlank);
  return at == std::string_view::npos ? '\0' : line[at];
}

/// Collects the entries and the problems.
class Reading {
 public:
  explicit Reading(const std::string& name) : m_name(name) {}

  TunnelFile take() { return std::move(m_file); }

  /// Reads a text whose tables are all [[tunnel]]. Returns false for any other text.
  bool readWhole(std::string_view text) {
    const auto reader = TomlReader::parse(text, m_name, kTunnelFileVersion);
    if (!reader || !reader->expectKeys(reader->root(), {"version", "tunnel"})) return false;
    const toml::node* list = reader->root().get("tunnel");
    if (list == nullptr) {
      m_file.head = text;
      return true;
    }
    if (!list->is_array()) return false;
    const auto lines = linesOf(text);
    std::vector<std::size_t> headers;  // Line numbers from 1.
    for (const toml::node& entry : *list->as_array()) headers.push_back(entry.source().begin.line);
    const auto isHeader = [&](std::size_t line) {
      return line >= 1 && line <= lines.size() && firstOf(lines[line - 1]) == '[';
    };
    const bool pieces = std::is_sorted(headers.begin(), headers.end(), std::less_equal<>{}) &&
                        std::all_of(headers.begin(), headers.end(), isHeader);
    std::vector<std::string> texts(headers.size());
    if (pieces) {
      texts = cut(lines, headers);
    } else {
      m_file.whole = false;  // Several entries in one line: tunnel = [ { … } ].
    }
    std::size_t index = 0;
    for (const toml::node& entry : *list->as_array()) addEntry(*reader, entry, std::move(texts[index++]));
    return true;
  }

  /// Reads a text that is not valid as a whole, each entry by itself.
  void readPieces(std::string_view text) {
    const auto lines = linesOf(text);
    std::vector<std::size_t> headers;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (firstOf(lines[i]) == '[') headers.push_back(i + 1);
    }
    std::vector<std::string> texts = cut(lines, headers);
    const auto head = TomlReader::parse(m_file.head, m_name, kTunnelFileVersion);
    if (!head) {
      // Without a valid version the rest cannot be understood.
      m_file = {.head = {}, .entries = {}, .problems = {head.error()}, .whole = false};
      return;
    }
    if (auto known = head->expectKeys(head->root(), {"version"}); !known)
      m_file.problems.push_back(std::move(known.error()));
    for (std::size_t i = 0; i < headers.size(); ++i) {
      // Empty lines before it keep the line numbers in errors right.
      std::string alone = fmt::format("version = {}", kTunnelFileVersion);
      alone.append(headers[i] - 1 - m_commentLines[i], '\n');
      alone += texts[i];
      addPiece(alone, std::move(texts[i]));
    }
  }

 private:
  /// The text of each entry: from the comments right above its header up to those of the next. The lines
  /// before the first become the head.
  std::vector<std::string> cut(const std::vector<std::string_view>& lines,
                               const std::vector<std::size_t>& headers) {
    const auto join = [&lines](std::size_t from, std::size_t to) {
      std::string text;
      for (std::size_t i = from; i < to; ++i) text += lines[i];
      const std::size_t last = text.find_last_not_of(kBlank);
      text.resize(last == std::string::npos ? 0 : last + 1);
      if (!text.empty()) text += '\n';
      return text;
    };
    std::vector<std::size_t> begins;
    m_commentLines.clear();
    for (const std::size_t header : headers) {
      std::size_t begin = header - 1;
      const std::size_t least = begins.empty() ? 0 : begins.back() + 1;
      while (begin > least && firstOf(lines[begin - 1]) == '#') --begin;
      m_commentLines.push_back(header - 1 - begin);
      begins.push_back(begin);
    }
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < begins.size(); ++i)
      texts.push_back(join(begins[i], i + 1 < begins.size() ? begins[i + 1] : lines.size()));
    m_file.head = join(0, begins.empty() ? lines.size() : begins.front());
    return texts;
  }

  void addPiece(std::string_view alone, std::string text) {
    const auto reader = TomlReader::parse(alone, m_name, kTunnelFileVersion);
    if (!reader) return addWrong(reader.error(), std::move(text));
    if (auto known = reader->expectKeys(reader->root(), {"version", "tunnel"}); !known)
      return addWrong(known.error(), std::move(text));
    const toml::node* list = reader->root().get("tunnel");
    if (list == nullptr || !list->is_array() || list->as_array()->size() != 1) {
      return addWrong(reader
                          ->errorAt((list != nullptr ? *list : reader->root()).source(),
                                    "write each tunnel under a line [[tunnel]], in double brackets")
                          .value(),
                      std::move(text));
    }
    addEntry(*reader, list->as_array()->front(), std::move(text));
  }

  void addEntry(const TomlReader& reader, const toml::node& entry, std::string text) {
    if (m_right == TunnelStore::kMaxTunnels) {
      const std::string problem = fmt::format("there can be at most {} tunnels", TunnelStore::kMaxTunnels);
      return addWrong(reader.errorAt(entry.source(), problem).value(), std::move(text));
    }
    if (!entry.is_table()) {
      return addWrong(
          reader.errorAt(entry.source(), "a tunnel is a table: write it under a line [[tunnel]]").value(),
          std::move(text));
    }
    auto tunnel = readTunnelEntry(reader, *entry.as_table());
    if (!tunnel) return addWrong(tunnel.error(), std::move(text));
    if (!tunnel->name.empty() && !m_names.insert(tunnel->name).second) {
      const std::string problem = fmt::format("another tunnel already has the name '{}'", tunnel->name);
      return addWrong(reader.errorAt(*entry.as_table(), "name", problem).value(), std::move(text));
    }
    ++m_right;
    m_file.entries.push_back({std::move(text), std::move(*tunnel), entry.source().begin.line});
  }

  void addWrong(Error problem, std::string text) {
    m_file.problems.push_back(std::move(problem));
    m_file.entries.push_back({std::move(text), std::nullopt, 0});
  }

  std::string m_name;
  TunnelFile m_file;
  std::vector<std::size_t> m_commentLines;  ///< For each entry: the number of comment lines above its header.
  std::unordered_set<std::string> m_names;
  std::size_t m_right = 0;
};

}  // namespace

TunnelFile readTunnelFile(std::string_view text, const std::string& name) {
  Reading whole(name);
  if (whole.readWhole(text)) return whole.take();
  Reading pieces(name);
  pieces.readPieces(text);
  return pieces.take();
}

}  // namespace adit::config
