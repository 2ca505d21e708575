// SPDX-License-Identifier: Apache-2.0
#include "core/base/nearest_word.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace adit {

namespace {
constexpr std::size_t kMaxWord = 64;
}

std::size_t editDistance(std::string_view a, std::string_view b) {
  // One row of the matrix at a time.
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

std::string_view nearestWord(std::string_view word, std::span<const std::string_view> known,
                             std::size_t maxEdits) {
  std::string_view best;
  std::size_t fewest = maxEdits + 1;
  if (word.size() > kMaxWord) return best;
  for (const std::string_view candidate : known) {
    const std::size_t edits = editDistance(word, candidate);
    if (edits < fewest && edits < candidate.size()) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

}  // namespace adit
