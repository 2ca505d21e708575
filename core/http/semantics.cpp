// SPDX-License-Identifier: Apache-2.0
#include "core/http/semantics.h"

#include <array>

#include "core/http/field_names.h"
#include "core/http/head_lines.h"
#include "core/http/scan.h"

namespace adit::http {
namespace {

/// CGI-like origins cannot tell "X_Forwarded_For" from "X-Forwarded-For": neither do we.
bool equalsFoldingUnderscore(std::string_view name, std::string_view lower) noexcept {
  if (name.size() != lower.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const char folded = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (folded != lower[i]) return false;
  }
  return true;
}

bool isForwardingName(std::string_view name, FieldId id) noexcept {
  if (id != FieldId::Unknown) return (fieldRoles(id) & kForwarding) != 0;
  constexpr std::string_view kPrefix = "x-forwarded-";
  if (name.size() > kPrefix.size() && equalsFoldingUnderscore(name.substr(0, kPrefix.size()), kPrefix))
    return true;
  return equalsFoldingUnderscore(name, "x-real-ip");
}

/// "Content_Length" and "Transfer_Encoding": nothing by the standard, the framing by what a CGI-like origin
/// makes of them.
bool isDisguisedFraming(std::string_view name, FieldId id) noexcept {
  if (id != FieldId::Unknown) return false;
  return equalsFoldingUnderscore(name, "content-length") ||
         equalsFoldingUnderscore(name, "transfer-encoding");
}

/// The names Connection lists, without those that are removed anyway or may not be named.
class NamedOptions {
 public:
  void add(std::string_view value) noexcept {
    for (;;) {
      const std::size_t comma = value.find(',');
      addOne(scan::trim(value.substr(0, comma)));
      if (comma == std::string_view::npos) return;
      value.remove_prefix(comma + 1);
    }
  }
  [[nodiscard]] bool contains(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < m_count; ++i) {
      if (equalsIgnoreCase(m_names[i], name)) return true;
    }
    return false;
  }

 private:
  void addOne(std::string_view option) noexcept {
    if (option.empty() || scan::equalsLower(option, "close")) return;
    const FieldId id = fieldId(option);
    if (id == FieldId::TE || (fieldRoles(id) & (kHopByHop | kProtected)) != 0) return;
    if (isForwardingName(option, id) || isCdnLoop(option)) return;
    if (m_count < m_names.size()) m_names[m_count++] = option;
  }

  // As many as the parser lets a head name.
  std::array<std::string_view, detail::kMaxConnectionOptions> m_names;
  std::size_t m_count = 0;
};

}  // namespace

void removeHopByHop(std::vector<Field>& fields, Direction direction) {
  NamedOptions named;
  for (const Field& field : fields) {
    if (field.name.size() == 10 && scan::equalsLower(field.name, "connection")) named.add(field.value);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    Field field = fields[i];
    const FieldId id = fieldId(field.name);
    if ((fieldRoles(id) & kHopByHop) != 0 || named.contains(field.name)) continue;
    if (id == FieldId::TE) {
      if (direction == Direction::Response || !listContains(field.value, "trailers")) continue;
      field.value = "trailers";
    }
    if (direction == Direction::Request &&
        (isForwardingName(field.name, id) || isDisguisedFraming(field.name, id)))
      continue;
    fields[kept++] = field;
  }
  fields.resize(kept);
}

bool isForbiddenTrailer(std::string_view name) noexcept {
  const FieldId id = fieldId(name);
  return (fieldRoles(id) & kNoTrailer) != 0 || isForwardingName(name, id) || isDisguisedFraming(name, id) ||
         isCdnLoop(name);
}

bool isCdnLoop(std::string_view name) noexcept { return equalsIgnoreCase(name, kCdnLoop); }

bool authenticatesConnection(std::span<const Field> fields) noexcept {
  for (const Field& field : fields) {
    switch (fieldId(field.name)) {
      case FieldId::Authorization:
      case FieldId::ProxyAuthorization:
      case FieldId::WWWAuthenticate:
      case FieldId::ProxyAuthenticate:
        break;
      default:
        continue;
    }
    // A field may list several challenges. A parameter in quotes that looks like one errs on the safe side.
    std::string_view rest = field.value;
    for (;;) {
      const std::size_t comma = rest.find(',');
      const std::string_view element = scan::trim(rest.substr(0, comma));
      const std::string_view scheme = element.substr(0, element.find_first_of(" \t"));
      if (scan::equalsLower(scheme, "negotiate") || scan::equalsLower(scheme, "ntlm") ||
          scan::equalsLower(scheme, "kerberos")) {
        return true;
      }
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

bool isIdempotent(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS" || method == "TRACE";
}

}  // namespace adit::http
