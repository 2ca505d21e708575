// SPDX-License-Identifier: Apache-2.0
#pragma once
// "Did you mean ...?": finds the known word that a mistyped one is nearest to. Pure; any thread.

#include <cstddef>
#include <span>
#include <string_view>

namespace adit {

/// How many characters (bytes) must be put in, left out or changed to make one word the other: Levenshtein's
/// distance.
[[nodiscard]] std::size_t editDistance(std::string_view a, std::string_view b);

/// The one of `known` that is nearest to `word`, the first of several; empty where all are more than
/// `maxEdits` away, or so short that as many edits would make anything of them. Words of more than 64 bytes
/// have none.
[[nodiscard]] std::string_view nearestWord(std::string_view word, std::span<const std::string_view> known,
                                           std::size_t maxEdits = 2);

}  // namespace adit
