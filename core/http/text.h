// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text from strangers made safe for a page or a JSON string: what is special is escaped, what is no UTF-8
// becomes U+FFFD, control characters too. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace adit::http {

/// The length of the well-formed UTF-8 sequence (RFC 3629 section 4) at the front of `text`, which is not
/// empty; 0 where there is none.
std::size_t utf8Length(std::string_view text) noexcept;
/// Whether `text`, all of it, is the beginning of a longer well-formed UTF-8 sequence.
bool isUtf8Prefix(std::string_view text) noexcept;
/// For element content and quoted attributes.
std::string escapeHtml(std::string_view text);
/// For the inside of a JSON string (RFC 8259 section 7).
std::string escapeJson(std::string_view text);
/// The text with a capital letter at the front and a full stop at the end.
std::string asSentence(std::string_view text);

}  // namespace adit::http
