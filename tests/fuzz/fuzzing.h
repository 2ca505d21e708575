// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the fuzz targets share: a claim that stops the run, memory of exactly the input's size, and how fields
// compare.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/slab.h"
#include "core/http/message.h"

namespace adit::fuzz {

/// Ends the run where a property that must hold does not.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// A copy with nothing readable after it, so that AddressSanitizer sees any read past the end.
class Exact {
 public:
  explicit Exact(std::string_view text) : m_size(text.size()), m_bytes(new char[text.size()]) {
    text.copy(m_bytes.get(), m_size);
  }
  [[nodiscard]] std::string_view text() const { return {m_bytes.get(), m_size}; }
  [[nodiscard]] ByteView bytes() const { return asBytes(text()); }

 private:
  std::size_t m_size;
  std::unique_ptr<char[]> m_bytes;
};

inline bool sameFields(const std::vector<http::Field>& a, const std::vector<http::Field>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name || a[i].value != b[i].value) return false;
  }
  return true;
}

inline bool isClean(const std::vector<http::Field>& fields) {
  for (const http::Field& field : fields) {
    if (field.name.empty()) return false;
    if (field.value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return false;
    if (field.name.find_first_of(std::string_view("\r\n\0 :\t", 6)) != std::string_view::npos) return false;
  }
  return true;
}

}  // namespace adit::fuzz
