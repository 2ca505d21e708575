// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tunnels of the desktop application, kept between starts in a TOML file that people edit, too. Reading
// takes every entry that is right and says of each other one where and what is wrong; writing leaves what it
// does not have to change as it was written, wrong entries included, and keeps a copy of what it cannot
// leave. One thread; blocking.

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

/// What a file holds: tunnels that can be used, and for each entry that cannot an InvalidArgument with
/// file:line:column. A file that cannot be read or understood at all is one problem.
struct StoredTunnels {
  std::vector<StoredTunnel> tunnels;
  std::vector<Error> problems;
};

class TunnelStore {
 public:
  static constexpr std::size_t kMaxTunnels = 1000;
  static constexpr std::size_t kMaxTarget = 512;

  /// Takes a tunnel into use, or says why not; who reads a file has the last word on what is right.
  using Take = std::function<Result<>(const StoredTunnel&)>;

  explicit TunnelStore(std::filesystem::path file);
  ~TunnelStore();
  /// The targets of the entries that are right, for who must know them before the tunnels can be used. Reads
  /// the file; the load() that follows uses what was read here.
  std::vector<std::string> peekTargets();
  /// Nothing where there is no file. Names are lower-cased; one may be empty, none may come twice.
  /// `take` may be empty; what it refuses is a problem, and a wrong entry for save().
  StoredTunnels load(const Take& take = {});
  /// Makes the directory where it is missing. Entries that load() found wrong stay, at the end; those that
  /// did not change stay as they were written, comments included. Where that cannot be, and where somebody
  /// else changed the file since, what it held is kept beside it as FILE.bak (or .bak2, ...) first.
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
  std::optional<std::string> m_text;    ///< What the file held when it was last read or written.
  std::optional<std::string> m_copied;  ///< What a copy was made of by a save() that failed then.
  std::string m_head;                   ///< What stands before the first entry.
  std::vector<Written> m_written;       ///< Right entries, as they stand in the file.
  std::vector<std::string> m_wrong;
  bool m_copyFirst = false;  ///< There is something that save() cannot leave in its place.
};

}  // namespace adit::config
