// SPDX-License-Identifier: Apache-2.0
#include "app/join_source.h"

#include <cstdio>
#include <cstdlib>

#include "core/base/files.h"
#include "core/config/profile_store.h"

namespace adit::app {

namespace {
constexpr std::size_t kMaxLink = 4096;

Result<std::string> readStandardInput() {
  std::string text(kMaxLink + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stdin));
  if (text.size() > kMaxLink)
    return fail(ErrorCode::InvalidArgument, "standard input holds more than a join link");
  return text;
}
}  // namespace

std::filesystem::path profileDirectory(const std::filesystem::path& stateDirectory) {
  return stateDirectory / "profiles";
}

Result<session::JoinLink> readJoinLink(const std::string& file) {
  auto text = file == "-" ? readStandardInput() : readFile(file, FileSecrecy::Secret, kMaxLink);
  if (!text) return fail(std::move(text.error()));
  auto link = session::JoinLink::parse(*text);
  if (!link) {
    const std::string where = file == "-" ? "standard input" : file;
    return fail(ErrorCode::InvalidArgument, where + ": " + link.error().detail);
  }
  return link;
}

Result<std::optional<session::JoinLink>> findJoinLink(const std::optional<std::string>& file,
                                                      const std::string& profile,
                                                      const std::filesystem::path& stateDirectory) {
  if (file) {
    auto link = readJoinLink(*file);
    if (!link) return fail(std::move(link.error()));
    return std::optional(std::move(*link));
  }
  if (const char* text = std::getenv("ADIT_JOIN"); text != nullptr && *text != '\0') {
    auto link = session::JoinLink::parse(text);
    if (!link) return fail(ErrorCode::InvalidArgument, "ADIT_JOIN: " + link.error().detail);
    return std::optional(std::move(*link));
  }
  auto link = config::ProfileStore(profileDirectory(stateDirectory)).load(profile);
  if (link) return std::optional(std::move(*link));
  if (link.error().code == ErrorCode::NotFound && profile == "default")
    return std::optional<session::JoinLink>();
  return fail(std::move(link.error()));
}

}  // namespace adit::app
