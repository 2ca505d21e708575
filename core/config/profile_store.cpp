// SPDX-License-Identifier: Apache-2.0
#include "core/config/profile_store.h"

#include <algorithm>
#include <system_error>

#include <spdlog/fmt/fmt.h>

#include "core/base/display_text.h"
#include "core/base/files.h"
#include "core/config/toml_reader.h"

namespace adit::config {

namespace fs = std::filesystem;

namespace {

constexpr int kVersion = 1;
constexpr std::size_t kMaxProfileName = 64;
constexpr std::size_t kMaxFile = 16 * 1024;
constexpr std::string_view kExtension = ".toml";

bool isProfileName(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= kMaxProfileName && name.front() != '.' && name.back() != '.' &&
         std::all_of(name.begin(), name.end(), fits);
}

}  // namespace

Result<fs::path> ProfileStore::fileOf(std::string_view profile) const {
  if (!isProfileName(profile)) {
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("'{}' is not a profile's name: use letters, digits, dots, hyphens and underscores",
                    displayText(profile, kMaxProfileName)));
  }
  return m_directory / (std::string(profile) += kExtension);
}

Result<session::JoinLink> ProfileStore::load(std::string_view profile) const {
  const auto file = fileOf(profile);
  if (!file) return fail(file.error());
  const auto text = readFile(*file, FileSecrecy::Secret, kMaxFile);
  if (!text && text.error().code == ErrorCode::NotFound) {
    return fail(ErrorCode::NotFound, fmt::format("there is no profile named '{}'", profile),
                text.error().libraryCode);
  }
  if (!text) return fail(text.error());
  const auto reader = TomlReader::parse(*text, file->string(), kVersion, Quoting::Never);
  if (!reader) return fail(reader.error());
  if (auto known = reader->expectKeys(reader->root(), {"version", "link"}); !known)
    return fail(std::move(known.error()));
  const auto link = reader->text(reader->root(), "link");
  if (!link) return fail(link.error());
  auto parsed = session::JoinLink::parse(*link);
  if (!parsed) return reader->errorAt(reader->root(), "link", parsed.error().detail);
  return parsed;
}

Result<> ProfileStore::save(const session::JoinLink& link, std::string_view profile) const {
  const auto file = fileOf(profile);
  if (!file) return fail(file.error());
  if (auto made = ensureDirectory(file->parent_path(), FileSecrecy::Secret); !made) return made;
  const std::string text =
      fmt::format("# A server that was joined. The link is a secret.\nversion = {}\nlink = {}\n", kVersion,
                  quoteToml(link.toString()));
  return writeFileAtomically(*file, text, FileSecrecy::Secret);
}

Result<> ProfileStore::remove(std::string_view profile) const {
  const auto file = fileOf(profile);
  if (!file) return fail(file.error());
  std::error_code problem;
  if (fs::remove(*file, problem)) return {};
  if (problem) return fail(systemError(problem.value(), fmt::format("cannot remove '{}'", file->string())));
  return fail(ErrorCode::NotFound, fmt::format("there is no profile named '{}'", profile));
}

Result<std::vector<std::string>> ProfileStore::list() const {
  std::vector<std::string> names;
  std::error_code problem;
  fs::directory_iterator it(m_directory, problem);
  for (const fs::directory_iterator end; !problem && it != end; it.increment(problem)) {
    const std::string file = it->path().filename().string();
    if (!file.ends_with(kExtension)) continue;
    std::string name = file.substr(0, file.size() - kExtension.size());
    if (isProfileName(name)) names.push_back(std::move(name));
  }
  if (problem && problem != std::errc::no_such_file_or_directory) {
    return fail(systemError(problem.value(), fmt::format("cannot list '{}'", m_directory.string())));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace adit::config
