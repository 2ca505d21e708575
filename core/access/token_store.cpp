// SPDX-License-Identifier: Apache-2.0
#include "core/access/token_store.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/access/token_file.h"
#include "core/base/display_text.h"
#include "core/base/encoding.h"
#include "core/base/file_lock.h"
#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/process.h"

namespace adit::access {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxFile = 8 * 1024 * 1024;  // room for kMaxTokens of the longest entries
constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kIdBytes = 4;
/// How long a change waits for another program's change to the same file.
constexpr Duration kPatience = std::chrono::seconds(10);

/// Tells whether a file is still the one that was read.
struct Stamp {
  bool exists = false;
  fs::file_time_type written{};
  std::uintmax_t size = 0;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

Stamp stampOf(const fs::path& file) {
  std::error_code problem;
  Stamp stamp;
  stamp.written = fs::last_write_time(file, problem);
  if (problem) return {problem != std::errc::no_such_file_or_directory, {}, 0};
  stamp.size = fs::file_size(file, problem);
  stamp.exists = true;
  return stamp;
}

class FileTokenStore final : public TokenStore {
 public:
  explicit FileTokenStore(fs::path file) : m_file(std::move(file)) {}

  Result<> load() {
    const std::lock_guard lock(m_mutex);
    return read();
  }

  Result<std::string> create(std::string_view label, Random& random, const TokenOptions& options) override {
    std::array<std::uint8_t, kTokenBytes> secret{};
    random.fill(secret);
    std::string token = toBase64Url(secret);
    if (auto added = add(label, token, random, options); !added) return fail(std::move(added.error()));
    return token;
  }

  Result<> add(std::string_view label, std::string_view token, Random& random,
               const TokenOptions& options) override {
    if (label.size() > kMaxLabel)
      return fail(ErrorCode::InvalidArgument, fmt::format("a token's label has at most {} bytes", kMaxLabel));
    if (displayText(label) != label) {
      return fail(ErrorCode::InvalidArgument,
                  "a token's label is one line without control characters and outer spaces");
    }
    if (!options.principal.empty() && !isPrincipalId(options.principal)) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("'{}' cannot be a principal: use 1 to {} letters, digits, '.', '_' and '-'",
                              displayText(options.principal, Principal::kMaxId), Principal::kMaxId));
    }
    if (options.maxNames == 0 || options.maxNames > Rights::kMostNames) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("a principal can have 1 to {} names", Rights::kMostNames));
    }
    auto hash = hashToken(token);
    if (!hash) return fail(std::move(hash.error()));

    const std::lock_guard lock(m_mutex);
    const auto fileLock = lockFile();
    if (!fileLock) return fail(fileLock.error());
    if (auto fresh = refresh(); !fresh) return fail(std::move(fresh.error()));
    if (m_tokens.size() >= kMaxTokens)
      return fail(ErrorCode::LimitExceeded, fmt::format("there are {} tokens already", m_tokens.size()));
    StoredToken entry;
    entry.info = {unusedId(random), std::string(label), false, static_cast<std::int64_t>(unixSeconds())};
    entry.info.principal = options.principal.empty() ? entry.info.id : options.principal;
    entry.info.maxNames = options.maxNames;
    entry.sha256 = *hash;
    std::vector<StoredToken> changed = m_tokens;
    changed.push_back(std::move(entry));
    return write(std::move(changed));
  }

  Result<TokenInfo> verify(std::string_view token) override {
    const auto grant = snapshot()->verify(token);
    if (!grant) return fail(grant.error());
    const std::lock_guard lock(m_mutex);
    for (const StoredToken& entry : m_tokens) {
      if (entry.info.id == grant->tokenId) return entry.info;
    }
    return fail(ErrorCode::TokenUnknown, "the token has just been removed");
  }

  [[nodiscard]] std::shared_ptr<const TokenSnapshot> snapshot() override {
    const std::lock_guard lock(m_mutex);
    refreshOrWarn();
    if (m_snapshot == nullptr) {
      std::vector<TokenSnapshot::Token> tokens;
      tokens.reserve(m_tokens.size());
      for (const StoredToken& entry : m_tokens) {
        tokens.push_back({entry.info.id, entry.info.label, entry.info.principal, entry.sha256,
                          entry.info.revoked, entry.info.maxNames});
      }
      m_snapshot = std::make_shared<const TokenSnapshot>(std::move(tokens));
    }
    return m_snapshot;
  }

  Result<> revoke(std::string_view id) override {
    const std::lock_guard lock(m_mutex);
    const auto fileLock = lockFile();
    if (!fileLock) return fail(fileLock.error());
    if (auto fresh = refresh(); !fresh) return fresh;
    std::vector<StoredToken> changed = m_tokens;
    const auto it = std::find_if(changed.begin(), changed.end(),
                                 [id](const StoredToken& entry) { return entry.info.id == id; });
    if (it == changed.end())
      return fail(ErrorCode::NotFound,
                  fmt::format("there is no token with the id '{}'", displayText(id, 32)));
    if (it->info.revoked) return {};
    it->info.revoked = true;
    return write(std::move(changed));
  }

  [[nodiscard]] std::vector<TokenInfo> list() const override {
    const std::lock_guard lock(m_mutex);
    refreshOrWarn();
    std::vector<TokenInfo> result;
    for (const StoredToken& entry : m_tokens) result.push_back(entry.info);
    return result;
  }

 private:
  // What follows is called with the mutex held.

  /// The lock keeps other programs from writing between our reading and writing the file: a running server
  /// and `adit token` share it.
  [[nodiscard]] Result<std::unique_ptr<FileLock>> lockFile() const {
    fs::path path = m_file;
    return FileLock::acquire(path += ".lock", kPatience);
  }

  Result<> read() const {
    // The stamp is taken before the text, so that a change in between is noticed the next time.
    m_stamp = stampOf(m_file);
    m_snapshot.reset();
    auto text = readFile(m_file, FileSecrecy::Secret, kMaxFile);
    if (!text && text.error().code == ErrorCode::NotFound) {
      m_tokens.clear();
      return {};
    }
    if (!text) return fail(std::move(text.error()));
    auto tokens = parseTokens(*text, m_file.string());
    if (!tokens) return fail(std::move(tokens.error()));
    m_tokens = std::move(*tokens);
    return {};
  }

  /// Reads the file if it changed or could not be read the last time, because the stamp does not show that
  /// its permissions were corrected.
  Result<> refresh() const {
    if (m_problem == std::nullopt && stampOf(m_file) == m_stamp) return {};
    auto result = read();
    m_problem = result ? std::nullopt : std::optional(result.error());
    return result;
  }

  void refreshOrWarn() const {
    const std::optional<Error> before = m_problem;
    if (auto fresh = refresh(); !fresh && m_problem != before) {
      logWarning("server", "the tokens stay as they were: {}", fresh.error().describe());
    }
  }

  Result<> write(std::vector<StoredToken> changed) {
    if (auto written = writeFileAtomically(m_file, formatTokens(changed), FileSecrecy::Secret); !written)
      return written;
    m_tokens = std::move(changed);
    m_snapshot.reset();
    m_stamp = stampOf(m_file);
    return {};
  }

  std::string unusedId(Random& random) const {
    for (;;) {
      std::array<std::uint8_t, kIdBytes> bytes{};
      random.fill(bytes);
      std::string id = toHex(bytes);
      if (std::none_of(m_tokens.begin(), m_tokens.end(),
                       [&id](const StoredToken& entry) { return entry.info.id == id; }))
        return id;
    }
  }

  const fs::path m_file;
  mutable std::mutex m_mutex;
  mutable std::vector<StoredToken> m_tokens;
  mutable std::shared_ptr<const TokenSnapshot>
      m_snapshot;  // made from m_tokens; null if that is still to be done
  mutable Stamp m_stamp;
  mutable std::optional<Error> m_problem;  // of the last read
};

}  // namespace

Result<std::shared_ptr<TokenStore>> TokenStore::open(const fs::path& directory) {
  if (auto made = ensureDirectory(directory, FileSecrecy::Secret); !made)
    return fail(std::move(made.error()));
  auto store = std::make_shared<FileTokenStore>(directory / "tokens.json");
  if (auto loaded = store->load(); !loaded) return fail(std::move(loaded.error()));
  return store;
}

}  // namespace adit::access
