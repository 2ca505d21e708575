// SPDX-License-Identifier: Apache-2.0
#include "app/server_files.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <spdlog/fmt/fmt.h>

#include "core/base/encoding.h"
#include "core/base/files.h"
#include "core/base/log.h"

namespace adit::app {

namespace {

constexpr std::string_view kKeysFile = "quic-secrets";
constexpr std::string_view kTokenFile = "first-token";
constexpr std::string_view kAddressFile = "join-address";
/// Takes the place of the token in the file with the address.
constexpr std::string_view kNoToken = "TOKEN";
constexpr std::size_t kTokenBytes = 32;

Result<quic::StaticKeys> loadKeys(const std::filesystem::path& file) {
  quic::StaticKeys keys;
  std::array parts = {&keys.connectionId, &keys.retryToken, &keys.statelessReset};
  constexpr std::size_t kPart = sizeof(keys.connectionId);
  auto text = readFile(file, FileSecrecy::Secret);
  if (text) {
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    auto bytes = fromBase64Url(*text);
    if (!bytes || bytes->size() != parts.size() * kPart) {
      return fail(ErrorCode::InvalidArgument,
                  file.string() + " is damaged; delete it, and a new one is made");
    }
    for (std::size_t i = 0; i < parts.size(); ++i)
      std::memcpy(parts[i]->data(), bytes->data() + i * kPart, kPart);
    return keys;
  }
  if (text.error().code != ErrorCode::NotFound) return fail(std::move(text.error()));
  SecureRandom random;
  keys = quic::StaticKeys::generate(random);
  std::vector<std::uint8_t> bytes;
  for (const auto* part : parts) bytes.insert(bytes.end(), part->begin(), part->end());
  if (auto written = writeFileAtomically(file, toBase64Url(bytes) + "\n", FileSecrecy::Secret); !written) {
    return fail(std::move(written.error()));
  }
  return keys;
}

/// Clients would take two servers with the same key for one, but each would have sessions of its own.
Result<std::unique_ptr<FileLock>> lockDirectory(const std::filesystem::path& directory) {
  auto lock = FileLock::tryAcquire(directory / "server.lock");
  // If the directory is complete, the server can run even if it is read-only.
  if (!lock && lock.error().code == ErrorCode::PermissionDenied)
    lock = FileLock::tryAcquireDirectory(directory);
  if (!lock && lock.error().code == ErrorCode::Overloaded)
    return fail(ErrorCode::Overloaded, "another server has this data directory: " + lock.error().detail,
                lock.error().libraryCode);
  return lock;
}

}  // namespace

Result<ServerFiles> ServerFiles::open(const std::filesystem::path& directory) {
  if (auto made = ensureDirectory(directory, FileSecrecy::Secret); !made)
    return fail(std::move(made.error()));
  ServerFiles files;
  files.directory = directory;
  std::error_code ignored;
  const std::filesystem::path key = directory / "server.key";
  auto lock = lockDirectory(directory);
  if (!lock) return fail(std::move(lock.error()));
  files.lock = std::move(*lock);
  const bool hadKey = std::filesystem::exists(key, ignored);
  auto identity = tls::Identity::loadOrCreate(directory, "server", "adit server");
  if (!identity) return fail(std::move(identity.error()));
  files.identity = std::move(*identity);
  auto keys = loadKeys(directory / kKeysFile);
  if (!keys) return fail(std::move(keys.error()));
  files.keys = *keys;
  auto tokens = access::TokenStore::open(directory);
  if (!tokens) return fail(std::move(tokens.error()));
  files.tokens = std::move(*tokens);

  if (files.tokens->list().empty()) return files;
  auto token = readFile(directory / kTokenFile, FileSecrecy::Secret);
  if (token) {
    while (!token->empty() && (token->back() == '\n' || token->back() == '\r')) token->pop_back();
    // A link with a token that was revoked meanwhile would not work.
    if (files.tokens->verify(*token)) files.firstToken = std::move(*token);
  } else if (token.error().code != ErrorCode::NotFound) {
    return fail(std::move(token.error()));
  }
  if (!hadKey) {
    logWarning("server",
               "{} was missing and made anew: join links given out before are no good any more; 'adit token "
               "create' prints new ones",
               key.string());
  }
  return files;
}

Result<> ServerFiles::makeFirstToken() {
  if (!tokens->list().empty()) return {};
  SecureRandom random;
  std::array<std::uint8_t, kTokenBytes> secret{};
  random.fill(secret);
  std::string token = toBase64Url(secret);
  // In this order: if the disk is full in between, the next start finds no token and makes another.
  if (auto kept = writeFileAtomically(directory / kTokenFile, token + "\n", FileSecrecy::Secret); !kept)
    return kept;
  if (auto added = tokens->add("first", token, random); !added) return added;
  firstToken = std::move(token);
  return {};
}

Result<> ServerFiles::forgetFirstToken() {
  firstToken.clear();
  std::error_code problem;
  std::filesystem::remove(directory / kTokenFile, problem);
  if (problem) {
    return fail(
        systemError(problem.value(), fmt::format("cannot delete '{}', which holds the token of the join "
                                                 "link in plain text",
                                                 (directory / kTokenFile).string())));
  }
  return {};
}

Result<> ServerFiles::keepAddress(session::JoinLink link) const {
  link.token = kNoToken;
  const std::string text = link.toString() + "\n";
  const std::filesystem::path file = directory / kAddressFile;
  if (auto kept = readFile(file, FileSecrecy::Secret); kept && *kept == text) return {};
  return writeFileAtomically(file, text, FileSecrecy::Secret);
}

std::optional<session::JoinLink> joinLinkOf(const std::filesystem::path& directory, std::string token) {
  auto text = readFile(directory / kAddressFile, FileSecrecy::Secret);
  if (!text) return std::nullopt;
  auto link = session::JoinLink::parse(*text);
  if (!link) return std::nullopt;
  link->token = std::move(token);
  return std::move(*link);
}

}  // namespace adit::app
