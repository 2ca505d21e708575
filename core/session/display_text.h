// SPDX-License-Identifier: Apache-2.0
#pragma once
// Texts that a peer wrote and a person will read, in a log, a terminal or a window. Pure.

#include <string>
#include <string_view>

namespace adit::session {

/// `text` (UTF-8) in one line of at most `limit` bytes: no control characters (a terminal would obey them),
/// none that turn the direction of writing (they make a line look like another), runs of white space as one
/// space. Cut between characters.
std::string displayText(std::string_view text, std::size_t limit = 512);

}  // namespace adit::session
