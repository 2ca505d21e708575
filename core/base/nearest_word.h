// SPDX-License-Identifier: Apache-2.0
#pragma once
// For "did you mean ...?": finds the known word that is nearest to a mistyped one. Pure; any thread.

#include <cstddef>
#include <span>
#include <string_view>

namespace adit {

/// The Levenshtein distance: how many bytes must be inserted, deleted or replaced to turn one word into the
/// other.
[[nodiscard]] std::size_t editDistance(std::string_view a, std::string_view b);

/// The word of `known` that is nearest to `word`; the first of several. Empty if all are more than `maxEdits`
/// away or so short that this many edits would fit any word, and for a `word` of more than 64 bytes.
[[nodiscard]] std::string_view nearestWord(std::string_view word, std::span<const std::string_view> known,
                                           std::size_t maxEdits = 2);

}  // namespace adit
