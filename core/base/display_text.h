// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text that a peer or a file wrote and a person will read, in a log, a terminal or a window, made safe to
// show. Pure; any thread.

#include <string>
#include <string_view>

namespace adit {

/// `text` (UTF-8) in one line of at most `limit` bytes: without control characters, which a terminal would
/// obey, and without characters that are invisible or turn the direction of writing, which make one text look
/// like another; a run of white space is one space; bytes that are no UTF-8 become "?". Cut between
/// characters.
std::string displayText(std::string_view text, std::size_t limit = 512);

/// Whether a character is white space, of ASCII or of Unicode.
[[nodiscard]] bool isWhiteSpace(char32_t point) noexcept;
/// Whether a character leaves no mark where it is shown: control characters, zero-width ones, those that turn
/// the direction of writing.
[[nodiscard]] bool isInvisible(char32_t point) noexcept;

}  // namespace adit
