// SPDX-License-Identifier: Apache-2.0
#include "app/paths.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace adit::app {

namespace {

bool isWithin(const std::filesystem::path& path, const std::filesystem::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first == directory.end();
}

}  // namespace

Error withDirectoryHint(Error error, const std::filesystem::path& directory, std::string_view option) {
  if (error.code != ErrorCode::PermissionDenied && error.code != ErrorCode::InsecurePermissions) return error;
  // Errors of files name the path in quotes.
  const std::size_t begin = error.detail.find('\'');
  const std::size_t end = begin == std::string::npos ? begin : error.detail.find('\'', begin + 1);
  if (end == std::string::npos) return error;
  const std::filesystem::path path = error.detail.substr(begin + 1, end - begin - 1);
  if (isWithin(path, directory) || isWithin(directory, path))
    error.detail += fmt::format("; {} chooses another directory", option);
  return error;
}

}  // namespace adit::app
