// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text from strangers made safe for a page or a JSON string: what is special is escaped, what is no UTF-8
// becomes U+FFFD, control characters too. Pure; any thread.

#include <string>
#include <string_view>

#include "core/base/utf8.h"

namespace adit::http {

/// For element content and quoted attributes.
std::string escapeHtml(std::string_view text);
/// For the inside of a JSON string (RFC 8259 section 7).
std::string escapeJson(std::string_view text);
/// The text with a capital letter at the front and a full stop at the end.
std::string asSentence(std::string_view text);

}  // namespace adit::http
