// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tunnels of the desktop application, kept between starts in a TOML file that people may edit, too.
// Reading takes every valid entry and reports where and why another one is not valid. Writing leaves
// everything that did not change as it was written, invalid entries included; if it cannot, it keeps a copy
// of the file first. One thread; blocking.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/config/origin_options.h"

namespace adit::config {

struct StoredTunnel {
  std::string name;
  std::string target;
  bool started = true;
  OriginOptions origin = {};
  friend bool operator==(const StoredTunnel&, const StoredTunnel&) = default;
};

/// What a file contains: the tunnels that can be used, and an InvalidArgument with file:line:column for each
/// entry that cannot. A file that cannot be read or understood at all is one problem.
struct StoredTunnels {
  std::vector<StoredTunnel> tunnels;
  std::vector<Error> problems;
};

class TunnelStore {
 public:
  static constexpr std::size_t kMaxTunnels = 1000;
  static constexpr std::size_t kMaxTarget = 512;

  /// Puts a tunnel into use. If it returns an error, the entry counts as not valid.
  using Take = std::function<Result<>(const StoredTunnel&)>;

  explicit TunnelStore(std::filesystem::path file);
  ~TunnelStore();
  /// The targets of the valid entries, for callers that need them before tunnels can be put into use. Reads
  /// the file; the next load() uses what was read here.
  std::vector<std::string> peekTargets();
  /// Without a file there are no tunnels. Names are lower-cased. They may be empty, but two entries must not
  /// have the same name. `take` may be empty; an entry that it refuses is a problem, and not valid for
  /// save().
  StoredTunnels load(const Take& take = {});
  /// Creates the directory if it is missing. Entries that load() found not valid stay, at the end of the
  /// file; entries that did not change stay as they were written, with their comments. If that is not
  /// possible, or if somebody else changed the file since it was read, its old content is first kept as
  /// FILE.bak (or .bak2, ...).
  Result<> save(const std::vector<StoredTunnel>& tunnels);

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return m_file; }

 private:
  struct Written {
    StoredTunnel tunnel;
    std::string text;
  };
  enum class Keep { AsWritten, Values };
  [[nodiscard]] std::string compose(const std::vector<StoredTunnel>& tunnels, Keep keep) const;
  Result<> keepCopy(const Result<std::string>& present) const;

  struct Contents;
  [[nodiscard]] std::unique_ptr<Contents> read() const;

  std::filesystem::path m_file;
  std::unique_ptr<Contents> m_peeked;   ///< For the next load().
  std::optional<std::string> m_text;    ///< The file's content when it was last read or written.
  std::optional<std::string> m_copied;  ///< The content that an earlier save() has copied before it failed.
  std::string m_head;                   ///< The text before the first entry.
  std::vector<Written> m_written;       ///< The valid entries, as they are written in the file.
  std::vector<std::string> m_wrong;
  bool m_copyFirst = false;  ///< save() cannot keep everything that the file contains.
};

}  // namespace adit::config
