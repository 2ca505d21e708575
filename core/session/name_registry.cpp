// SPDX-License-Identifier: Apache-2.0
#include "core/session/name_registry.h"

#include <algorithm>
#include <array>

#include <spdlog/fmt/fmt.h>

#include "core/session/display_text.h"

namespace adit::session {

namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::array<std::string_view, 4> kReserved = {"www", "admin", "api", "adit"};
// Readable names run into each other when tens of thousands are in use; then digits are added.
constexpr int kReadableAttempts = 8;
constexpr int kLongAttempts = 64;

tl::unexpected<Error> invalid(std::string_view name, std::string_view rule) {
  return fail(ErrorCode::NameInvalid,
              fmt::format("'{}' is no tunnel name: {}", displayText(name, kMaxLabel), rule));
}

}  // namespace

Result<std::string> normalizeName(std::string_view name) {
  if (name.empty()) return invalid(name, "it is empty");
  if (name.size() > kMaxLabel) return invalid(name, "it has more than 63 characters");
  std::string label;
  label.reserve(name.size());
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '-';
    if (!fits) return invalid(name, "it may have letters a to z, digits and hyphens only");
    label.push_back(lower);
  }
  if (label.front() == '-' || label.back() == '-')
    return invalid(name, "it may neither begin nor end with a hyphen");
  if (label.starts_with("xn--")) return invalid(name, "it may not begin with 'xn--'");
  if (std::find(kReserved.begin(), kReserved.end(), label) != kReserved.end()) {
    return fail(ErrorCode::NameInvalid, fmt::format("the name '{}' is reserved", label));
  }
  return label;
}

Result<std::string> NameRegistry::acquire(std::string_view name, const tls::Pin& owner, Timestamp now,
                                          Random& random) {
  if (now >= m_nextSweep) sweep(now);
  std::string label;
  if (!name.empty()) {
    auto normalized = normalizeName(name);
    if (!normalized) return normalized;
    label = std::move(*normalized);
    if (const auto it = m_names.find(label); it != m_names.end()) {
      if (it->second.owner == owner) {
        it->second.keptUntil = kNever;
        return label;
      }
      if (it->second.keptUntil > now) {
        return fail(ErrorCode::NameTaken, fmt::format("the name '{}' belongs to another client", label));
      }
      erase(it);
    }
  }
  if (auto room = makeRoom(owner, now); !room) return fail(std::move(room.error()));
  for (int attempt = 0; label.empty(); ++attempt) {
    if (attempt == kLongAttempts) return fail(ErrorCode::Overloaded, "the server finds no free name");
    std::string candidate = readableName(random);
    if (attempt >= kReadableAttempts)
      candidate += fmt::format("-{:08x}", random.below(std::uint64_t{1} << 32));
    if (!m_names.contains(candidate)) label = std::move(candidate);
  }
  m_names.emplace(label, Entry{owner, kNever});
  m_byOwner[owner].insert(label);
  return label;
}

Result<> NameRegistry::makeRoom(const tls::Pin& owner, Timestamp now) {
  if (countOf(owner) >= kMaxNamesOfOwner || m_names.size() >= kMaxNames) sweep(now);
  if (countOf(owner) >= kMaxNamesOfOwner) {
    return fail(ErrorCode::LimitExceeded, fmt::format("a client can hold {} names", kMaxNamesOfOwner));
  }
  if (m_names.size() >= kMaxNames)
    return fail(ErrorCode::Overloaded, "the server holds as many names as it can");
  return {};
}

void NameRegistry::release(std::string_view name, const tls::Pin& owner) {
  const auto label = normalizeName(name);
  if (!label) return;
  const auto it = m_names.find(*label);
  if (it != m_names.end() && it->second.owner == owner) erase(it);
}

void NameRegistry::ownerGone(const tls::Pin& owner, Timestamp now) {
  const auto names = m_byOwner.find(owner);
  if (names == m_byOwner.end()) return;
  const Timestamp until = now + m_grace;
  for (const std::string& name : names->second) {
    Entry& entry = m_names.find(name)->second;
    entry.keptUntil = std::min(entry.keptUntil, until);
  }
  m_nextSweep = std::min(m_nextSweep, until);
}

std::optional<tls::Pin> NameRegistry::ownerOf(std::string_view name, Timestamp now) const {
  const auto label = normalizeName(name);
  if (!label) return std::nullopt;
  const auto it = m_names.find(*label);
  if (it == m_names.end() || it->second.keptUntil <= now) return std::nullopt;
  return it->second.owner;
}

void NameRegistry::sweep(Timestamp now) {
  Timestamp first = kNever;
  for (auto it = m_names.begin(); it != m_names.end();) {
    const auto current = it++;
    if (current->second.keptUntil <= now) {
      erase(current);
    } else {
      first = std::min(first, current->second.keptUntil);
    }
  }
  // Not at every expiry: a sweep looks at every name.
  m_nextSweep = first == kNever ? kNever : std::max(first, now + m_grace / 4);
}

void NameRegistry::erase(Names::iterator it) {
  const auto names = m_byOwner.find(it->second.owner);
  names->second.erase(it->first);
  if (names->second.empty()) m_byOwner.erase(names);
  m_names.erase(it);
}

std::size_t NameRegistry::countOf(const tls::Pin& owner) const {
  const auto names = m_byOwner.find(owner);
  return names == m_byOwner.end() ? 0 : names->second.size();
}

}  // namespace adit::session
