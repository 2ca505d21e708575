// SPDX-License-Identifier: Apache-2.0
#include "app/join_source.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include <uv.h>

#include "core/base/files.h"
#include "core/config/profile_store.h"

namespace adit::app {

namespace {
constexpr std::size_t kMaxLink = 4096;

/// Reads until the link is complete, not until the end of the input: people press Enter after pasting, and a
/// program may keep its end open. A wrapped link continues in the next line. An empty line, or text that is
/// not the beginning of a link, ends the reading.
Result<std::string> readStandardInput() {
  if (::uv_guess_handle(0) == UV_TTY) std::fputs("Paste the join link and press Enter: ", stderr);
  std::string text;
  bool hasContent = false;  // in this line
  for (int c = std::fgetc(stdin); c != EOF; c = std::fgetc(stdin)) {
    text.push_back(static_cast<char>(c));
    if (text.size() > kMaxLink)
      return fail(ErrorCode::InvalidArgument, "standard input holds more than a join link");
    hasContent = hasContent || std::isspace(c) == 0;
    if (c != '\n') continue;
    const bool isEmptySoFar = text.find_first_not_of(" \t\r\n") == std::string::npos;
    if (!isEmptySoFar && (!hasContent || !holdsJoinLink(text) || session::JoinLink::parse(text))) break;
    hasContent = false;
  }
  return text;
}
}  // namespace

std::filesystem::path profileDirectory(const std::filesystem::path& stateDirectory) {
  return stateDirectory / "profiles";
}

bool holdsJoinLink(std::string_view word) {
  constexpr std::string_view kScheme = session::JoinLink::kScheme;
  return std::search(word.begin(), word.end(), kScheme.begin(), kScheme.end(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         }) != word.end();
}

Error joinLinkAsArgument() {
  return {
      ErrorCode::InvalidArgument,
      "a join link is a secret, and arguments can be seen by others: run 'adit join' and paste it there, or "
      "give it by file or ADIT_JOIN",
      0};
}

Result<session::JoinLink> readJoinLink(const std::string& file) {
  if (holdsJoinLink(file)) return fail(joinLinkAsArgument());
  auto text = file == "-" ? readStandardInput() : readFile(file, FileSecrecy::Secret, kMaxLink);
  if (!text && text.error().code == ErrorCode::LimitExceeded)
    return fail(ErrorCode::InvalidArgument, "'" + file + "' is too long to be a join link");
  if (!text) return fail(std::move(text.error()));
  auto link = session::JoinLink::parse(*text);
  if (!link) {
    const std::string where = file == "-" ? "standard input" : file;
    return fail(ErrorCode::InvalidArgument, where + ": " + link.error().detail);
  }
  return link;
}

Result<std::optional<session::JoinLink>> joinLinkFromEnvironment() {
  const char* text = std::getenv("ADIT_JOIN");
  if (text == nullptr || *text == '\0') return std::optional<session::JoinLink>();
  auto link = session::JoinLink::parse(text);
  if (!link) return fail(ErrorCode::InvalidArgument, "ADIT_JOIN: " + link.error().detail);
  return std::optional(std::move(*link));
}

Result<std::optional<session::JoinLink>> findJoinLink(const std::optional<std::string>& file,
                                                      const std::optional<std::string>& profile,
                                                      const std::filesystem::path& stateDirectory) {
  if (file) {
    auto link = readJoinLink(*file);
    if (!link) return fail(std::move(link.error()));
    return std::optional(std::move(*link));
  }
  if (!profile) {
    // A profile that was named for this command takes precedence over the environment.
    auto link = joinLinkFromEnvironment();
    if (!link || *link) return link;
  }
  auto link = config::ProfileStore(profileDirectory(stateDirectory)).load(profile.value_or(kDefaultProfile));
  if (link) return std::optional(std::move(*link));
  if (link.error().code == ErrorCode::NotFound && profile.value_or(kDefaultProfile) == kDefaultProfile)
    return std::optional<session::JoinLink>();
  return fail(std::move(link.error()));
}

}  // namespace adit::app
