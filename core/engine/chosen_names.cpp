// SPDX-License-Identifier: Apache-2.0
#include "core/engine/chosen_names.h"

#include <spdlog/fmt/fmt.h>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/session/tunnel_name.h"

namespace adit::engine {

namespace {

/// How many processes may have the same target at a time.
constexpr int kPlaces = 64;
constexpr std::size_t kMaxFile = 256;

/// FNV-1a of server and target. If two have the same hash by chance, they only share names.
std::string stemOf(std::string_view server, std::string_view target) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
    hash = (hash ^ 0xff) * 1'099'511'628'211ULL;
  };
  mix(server);
  mix(target);
  return fmt::format("{:016x}", hash);
}

}  // namespace

ChosenNames::ChosenNames(const std::filesystem::path& stateDirectory)
    : m_directory(stateDirectory / "names") {}

ChosenNames::~ChosenNames() {
  if (m_writes) m_writes->finish();
}

Result<ChosenNames::Place> ChosenNames::claim(std::string_view server, std::string_view target) const {
  if (auto made = ensureDirectory(m_directory, FileSecrecy::Secret); !made)
    return fail(std::move(made.error()));
  const std::string stem = stemOf(server, target);
  for (int i = 1; i <= kPlaces; ++i) {
    Place place;
    place.file = m_directory / fmt::format("{}-{}", stem, i);
    auto lock = FileLock::tryAcquire(m_directory / fmt::format("{}-{}.lock", stem, i));
    if (!lock && lock.error().code == ErrorCode::Overloaded) continue;
    if (!lock) return fail(std::move(lock.error()));
    place.lock = std::move(*lock);
    auto text = readFile(place.file, FileSecrecy::Secret, kMaxFile);
    if (!text) return place;  // there is none yet, or it cannot be used
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    if (auto name = session::normalizeName(*text)) place.name = std::move(*name);
    return place;
  }
  return fail(ErrorCode::Overloaded, fmt::format("{} processes already expose '{}'", kPlaces, target));
}

void ChosenNames::keep(Place& place, const std::string& name) {
  if (place.name == name || place.file.empty()) return;
  place.name = name;
  const std::lock_guard lock(m_mutex);
  if (!m_writes) m_writes.emplace();
  m_writes->post([file = place.file, name] {
    if (auto written = writeFileAtomically(file, name + "\n", FileSecrecy::Secret); !written) {
      logWarning("client", "the name '{}' will not be asked for at the next start: {}", name,
                 written.error().describe());
    }
  });
}

}  // namespace adit::engine
