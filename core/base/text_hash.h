// SPDX-License-Identifier: Apache-2.0
#pragma once
// A hash for unordered containers keyed by std::string, with which a std::string_view is looked up without a
// copy: use it together with std::equal_to<>. Any thread.

#include <cstddef>
#include <functional>
#include <string_view>

namespace adit {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

}  // namespace adit
