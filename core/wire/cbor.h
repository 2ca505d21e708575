// SPDX-License-Identifier: Apache-2.0
#pragma once
// The part of CBOR (RFC 8949) that control messages are made of: unsigned integers, text, booleans, arrays
// and maps of definite length in the preferred (shortest) form. A pull reader over the received bytes: it
// builds no tree, allocates nothing, never recurses, and steps over what it does not know within a bounded
// depth. Values; one thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/slab.h"

namespace adit::wire::cbor {

/// How deep arrays, maps and tags may be nested in an item that is skipped.
inline constexpr std::size_t kMaxDepth = 8;

class Writer {
 public:
  explicit Writer(std::string& out) noexcept : m_out(out) {}
  void number(std::uint64_t value) { head(0, value); }
  void text(std::string_view value);
  void boolean(bool value) { m_out.push_back(static_cast<char>(value ? 0xf5 : 0xf4)); }
  void array(std::uint64_t count) { head(4, count); }
  void map(std::uint64_t pairs) { head(5, pairs); }

 private:
  void head(std::uint8_t major, std::uint64_t value);
  std::string& m_out;
};

/// Every read returns false where the next item is of another type, is truncated or not in its shortest form;
/// the reader then is of no further use.
class Reader {
 public:
  explicit Reader(ByteView data) noexcept : m_data(data) {}
  bool number(std::uint64_t& value) noexcept { return expect(0, value); }
  /// A view into the data; must be valid UTF-8.
  bool text(std::string_view& value) noexcept;
  bool boolean(bool& value) noexcept;
  /// A count can be as large as the sender pleases: compare it with a limit before reserving memory.
  bool array(std::uint64_t& count) noexcept { return expect(4, count); }
  bool map(std::uint64_t& pairs) noexcept { return expect(5, pairs); }
  /// Steps over one item of any type.
  bool skip() noexcept;
  [[nodiscard]] bool atEnd() const noexcept { return m_data.empty(); }

 private:
  bool head(std::uint8_t& major, std::uint8_t& info, std::uint64_t& value) noexcept;
  bool expect(std::uint8_t major, std::uint64_t& value) noexcept;
  bool take(std::uint64_t count, std::string_view& bytes) noexcept;
  ByteView m_data;
};

}  // namespace adit::wire::cbor
