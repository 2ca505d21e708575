// SPDX-License-Identifier: Apache-2.0
#include "core/config/tunnel_store.h"

#include <algorithm>
#include <system_error>

#include <spdlog/fmt/fmt.h>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/config/tunnel_entry.h"
#include "core/config/tunnel_file.h"

namespace adit::config {

namespace fs = std::filesystem;

namespace {

constexpr int kMaxCopies = 1000;

std::vector<StoredTunnel> tunnelsOf(TunnelFile file) {
  std::vector<StoredTunnel> tunnels;
  for (TunnelFile::Entry& entry : file.entries) {
    if (entry.tunnel) tunnels.push_back(std::move(*entry.tunnel));
  }
  return tunnels;
}

bool beginsWith(const std::vector<StoredTunnel>& all, const std::vector<StoredTunnel>& first) {
  return all.size() >= first.size() && std::equal(first.begin(), first.end(), all.begin());
}

Result<fs::path> freeCopyName(const fs::path& file) {
  for (int i = 1; i <= kMaxCopies; ++i) {
    fs::path name = file;
    name += i == 1 ? std::string(".bak") : fmt::format(".bak{}", i);
    std::error_code ignored;
    if (!fs::exists(fs::symlink_status(name, ignored))) return name;
  }
  return fail(ErrorCode::LimitExceeded, fmt::format("there are too many copies of '{}'", file.string()));
}

}  // namespace

/// The content of a file: its text, or why it could not be read, and the entries in it.
struct TunnelStore::Contents {
  Result<std::string> text;
  TunnelFile file;
};

TunnelStore::TunnelStore(fs::path file) : m_file(std::move(file)) {}

TunnelStore::~TunnelStore() = default;

std::unique_ptr<TunnelStore::Contents> TunnelStore::read() const {
  auto contents = std::make_unique<Contents>(Contents{readFile(m_file, FileSecrecy::Public), {}});
  if (contents->text) contents->file = readTunnelFile(*contents->text, m_file.string());
  return contents;
}

std::vector<std::string> TunnelStore::peekTargets() {
  m_peeked = read();
  std::vector<std::string> targets;
  for (const TunnelFile::Entry& entry : m_peeked->file.entries) {
    if (entry.tunnel) targets.push_back(entry.tunnel->target);
  }
  return targets;
}

StoredTunnels TunnelStore::load(const Take& take) {
  m_text.reset();
  m_head.clear();
  m_written.clear();
  m_wrong.clear();
  m_copyFirst = false;
  const std::unique_ptr<Contents> contents = m_peeked != nullptr ? std::move(m_peeked) : read();
  Result<std::string>& text = contents->text;
  if (!text && text.error().code == ErrorCode::NotFound) return {};
  if (!text) {
    m_copyFirst = true;
    return {.tunnels = {}, .problems = {std::move(text.error())}};
  }
  TunnelFile& file = contents->file;
  m_text = std::move(*text);
  m_copyFirst = !file.whole;
  if (file.whole) m_head = std::move(file.head);
  StoredTunnels stored{.tunnels = {}, .problems = std::move(file.problems)};
  for (TunnelFile::Entry& entry : file.entries) {
    Result<> taken;
    if (entry.tunnel && take) taken = take(*entry.tunnel);
    if (!taken) {
      stored.problems.push_back(
          {.code = ErrorCode::InvalidArgument,
           .detail = fmt::format("{}:{}:1: {}", m_file.string(), entry.line, taken.error().detail)});
    }
    const bool right = entry.tunnel && taken;
    if (entry.text.empty()) {
      m_copyFirst = true;
    } else if (right) {
      m_written.push_back({*entry.tunnel, std::move(entry.text)});
    } else {
      m_wrong.push_back(std::move(entry.text));
    }
    if (right) stored.tunnels.push_back(std::move(*entry.tunnel));
  }
  return stored;
}

std::string TunnelStore::compose(const std::vector<StoredTunnel>& tunnels, Keep keep) const {
  const bool asWritten = keep == Keep::AsWritten;
  std::string text = asWritten ? m_head : std::string();
  if (text.empty()) {
    text = fmt::format("# Tunnels of the desktop application; written when they change.\nversion = {}\n",
                       kTunnelFileVersion);
  }
  for (const StoredTunnel& tunnel : tunnels) {
    const auto written = std::find_if(m_written.begin(), m_written.end(),
                                      [&](const Written& one) { return one.tunnel == tunnel; });
    text += '\n';
    text += asWritten && written != m_written.end() ? written->text : writeTunnelEntry(tunnel);
  }
  if (!asWritten) return text;
  for (const std::string& wrong : m_wrong) text += '\n' + wrong;
  return text;
}

Result<> TunnelStore::save(const std::vector<StoredTunnel>& tunnels) {
  Keep keep = Keep::AsWritten;
  std::string text = compose(tunnels, keep);
  bool copyFirst = m_copyFirst;
  // A text that cannot be read back would lose tunnels at the next start.
  if (!beginsWith(tunnelsOf(readTunnelFile(text, m_file.string())), tunnels)) {
    text = compose(tunnels, Keep::Values);
    TunnelFile readable = readTunnelFile(text, m_file.string());
    if (!readable.problems.empty()) return fail(readable.problems.front());
    if (tunnelsOf(std::move(readable)) != tunnels)
      return fail(ErrorCode::Internal, "the list of tunnels cannot be read back as it was written");
    copyFirst = true;
    keep = Keep::Values;
  }
  if (m_file.has_parent_path()) {
    if (auto made = ensureDirectory(m_file.parent_path(), FileSecrecy::Public); !made) return made;
  }
  const auto present = readFile(m_file, FileSecrecy::Public);
  const bool absent = !present && present.error().code == ErrorCode::NotFound;
  if (!absent && (copyFirst || !present || !m_text || *present != *m_text) &&
      !(present && m_copied && *present == *m_copied)) {
    if (auto kept = keepCopy(present); !kept) return kept;
    if (present) m_copied = *present;
  }
  if (auto written = writeFileAtomically(m_file, text, FileSecrecy::Public); !written) return written;
  m_text = std::move(text);
  m_copied.reset();
  m_copyFirst = false;
  if (keep == Keep::Values) {
    // Only the copy has these texts from now on.
    m_head.clear();
    m_written.clear();
    m_wrong.clear();
  }
  return {};
}

Result<> TunnelStore::keepCopy(const Result<std::string>& present) const {
  const auto copy = freeCopyName(m_file);
  if (!copy) return fail(copy.error());
  if (present) {
    if (auto written = writeFileAtomically(*copy, *present, FileSecrecy::Public); !written) return written;
  } else {
    // A file that cannot be read can still be renamed.
    std::error_code problem;
    fs::rename(m_file, *copy, problem);
    if (problem) {
      return fail(systemError(problem.value(),
                              fmt::format("cannot keep '{}' as '{}'", m_file.string(), copy->string())));
    }
  }
  logWarning("config", "the old content of '{}' is kept in '{}'", m_file.string(), copy->string());
  return {};
}

}  // namespace adit::config
