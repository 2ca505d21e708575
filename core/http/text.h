// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes untrusted text safe for a page or a JSON string: special characters are escaped; invalid UTF-8 and
// control characters become U+FFFD. Pure; any thread.

#include <string>
#include <string_view>

#include "core/base/utf8.h"

namespace adit::http {

/// For element content and quoted attributes.
std::string escapeHtml(std::string_view text);
/// For use inside a JSON string (RFC 8259 section 7).
std::string escapeJson(std::string_view text);
/// The text with a capital letter at the front and a full stop at the end.
std::string asSentence(std::string_view text);

}  // namespace adit::http
