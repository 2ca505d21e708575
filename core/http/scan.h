// SPDX-License-Identifier: Apache-2.0
#pragma once
// Character classes of RFC 9110 and RFC 9112 and the loops that run over them, 16 bytes at a time with SSE2
// or eight without. Used by the HTTP/1.1 parser and the decoders of adit/1. Pure; any thread.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// (installer/cmake/AditTargets.cmake finds who includes this by its name: only .cpp files do.)
#if !defined(ADIT_PORTABLE) && (defined(__SSE2__) || defined(_M_X64))
#define ADIT_SCAN_SSE2 1
#include <emmintrin.h>
#endif

namespace adit::http::scan {

enum CharClass : std::uint8_t {
  kToken = 1,       ///< tchar
  kFieldValue = 2,  ///< field-vchar, SP, HTAB and obs-text
  kTarget = 4,      ///< Visible ASCII but '#'.
  kHost = 8,        ///< Characters of host names: letters, digits, "-", ".", "_", "~".
  kDigit = 16,
  kHexDigit = 32,
};

inline constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    const bool mark =
        std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
    unsigned bits = 0;
    if (digit || letter || (mark && c < 0x80)) bits |= kToken;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) bits |= kFieldValue;
    if (c > 0x20 && c < 0x7f && c != '#') bits |= kTarget;
    if (digit || letter || c == '-' || c == '.' || c == '_' || c == '~') bits |= kHost;
    if (digit) bits |= kDigit;
    if (hex) bits |= kHexDigit;
    classes[c] = static_cast<std::uint8_t>(bits);
  }
  return classes;
}();

[[nodiscard]] inline bool is(char c, CharClass wanted) noexcept {
  return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}
[[nodiscard]] inline bool isBlank(char c) noexcept { return c == ' ' || c == '\t'; }

/// Without the spaces and tabs around it.
[[nodiscard]] inline std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

/// The first character that is not of the class, or `end`.
[[nodiscard]] inline const char* skip(const char* at, const char* end, CharClass wanted) noexcept {
  while (at != end && is(*at, wanted)) ++at;
  return at;
}

namespace detail {
inline constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
inline constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
inline std::uint64_t load(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}
/// Non-zero where a byte of `word` is below `bound` (<= 128); exact as a whole, not per byte.
inline std::uint64_t anyBelow(std::uint64_t word, std::uint64_t bound) noexcept {
  return (word - kOnes * bound) & ~word & kHighs;
}
inline std::uint64_t anyEqual(std::uint64_t word, std::uint64_t byte) noexcept {
  return anyBelow(word ^ (kOnes * byte), 1);
}
}  // namespace detail

/// Skips a field value: stops at CR, LF, NUL, other control characters except HTAB, and DEL.
[[nodiscard]] inline const char* skipFieldValue(const char* at, const char* end) noexcept {
#ifdef ADIT_SCAN_SSE2
  const __m128i unit = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, unit), bytes);
    const __m128i stop =
        _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), control), _mm_cmpeq_epi8(bytes, del));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(stop));
    if (mask != 0) return at + std::countr_zero(mask);
    at += 16;
  }
#else
  while (end - at >= 8) {
    const std::uint64_t word = detail::load(at);
    // A tab stops this loop, too; the loop below decides byte by byte.
    if ((detail::anyBelow(word, 0x20) | detail::anyEqual(word, 0x7f)) != 0) {
      const char* const stop = skip(at, at + 8, kFieldValue);
      if (stop != at + 8) return stop;
    }
    at += 8;
  }
#endif
  return skip(at, end, kFieldValue);
}

/// Skips a request target: stops at space, control characters, '#', DEL and bytes above ASCII.
[[nodiscard]] inline const char* skipTarget(const char* at, const char* end) noexcept {
#ifdef ADIT_SCAN_SSE2
  const __m128i space = _mm_set1_epi8(0x20);
  const __m128i hash = _mm_set1_epi8('#');
  const __m128i del = _mm_set1_epi8(0x7f);
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // Signed: bytes from 0x80 on are negative and so not above space.
    const __m128i visible = _mm_cmpgt_epi8(bytes, space);
    const __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(bytes, hash), _mm_cmpeq_epi8(bytes, del));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_andnot_si128(odd, visible))) ^ 0xffffU;
    if (mask != 0) return at + std::countr_zero(mask);
    at += 16;
  }
#else
  while (end - at >= 8) {
    const std::uint64_t word = detail::load(at);
    if (((word & detail::kHighs) | detail::anyBelow(word, 0x21) | detail::anyEqual(word, 0x7f) |
         detail::anyEqual(word, '#')) != 0) {
      return skip(at, at + 8, kTarget);
    }
    at += 8;
  }
#endif
  return skip(at, end, kTarget);
}

namespace detail {
/// Eight characters with A-Z made lower; bytes from 0x80 on are left alone.
inline std::uint64_t lower8(std::uint64_t word) noexcept {
  const std::uint64_t low7 = word & ~kHighs;
  const std::uint64_t fromA = low7 + kOnes * (0x80 - 'A');
  const std::uint64_t aboveZ = low7 + kOnes * (0x7f - 'Z');
  return word | ((~word & (fromA ^ aboveZ) & kHighs) >> 2);
}
inline char lower1(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
}  // namespace detail

/// Whether `text`, with its ASCII letters converted to lower case, equals `lower`.
[[nodiscard]] inline bool equalsLower(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  const char* a = text.data();
  const char* b = lower.data();
  if (text.size() >= 8) {
    const char* const last = a + text.size() - 8;
    for (; a < last; a += 8, b += 8) {
      if (detail::lower8(detail::load(a)) != detail::load(b)) return false;
    }
    return detail::lower8(detail::load(last)) ==
           detail::load(lower.data() + lower.size() - 8);  // may overlap
  }
  for (const char* const end = a + text.size(); a != end; ++a, ++b) {
    if (detail::lower1(*a) != *b) return false;
  }
  return true;
}

/// Whether every character is of the class and there is at least one.
[[nodiscard]] inline bool isAll(std::string_view text, CharClass wanted) noexcept {
  return !text.empty() && skip(text.data(), text.data() + text.size(), wanted) == text.data() + text.size();
}
[[nodiscard]] inline bool isFieldValue(std::string_view text) noexcept {
  return skipFieldValue(text.data(), text.data() + text.size()) == text.data() + text.size();
}
[[nodiscard]] inline bool isTarget(std::string_view text) noexcept {
  return !text.empty() && skipTarget(text.data(), text.data() + text.size()) == text.data() + text.size();
}

}  // namespace adit::http::scan
