// SPDX-License-Identifier: Apache-2.0
#pragma once
// Well-formed UTF-8 (RFC 3629 section 4): no overlong forms, no surrogates, nothing above U+10FFFF. Pure; any
// thread.

#include <cstddef>
#include <string_view>

namespace adit {

/// The length of the well-formed sequence at the front of `text`, 1 to 4 bytes; 0 if there is none.
[[nodiscard]] std::size_t utf8Length(std::string_view text) noexcept;
/// Whether the whole of `text` is the beginning of a longer well-formed sequence.
[[nodiscard]] bool isUtf8Prefix(std::string_view text) noexcept;
/// Whether all of `text` is well-formed.
[[nodiscard]] bool isUtf8(std::string_view text) noexcept;
/// The code point of a well-formed sequence.
[[nodiscard]] char32_t codePointOf(std::string_view sequence) noexcept;

}  // namespace adit
