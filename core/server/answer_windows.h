// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far the answers to one visitor's requests may come before it took any of them. A stream to a client
// begins with a small window, which the first ones of a connection have widened: a page's files come in one
// go, and a hundred answers that nobody reads hold little more than ten. Windows grow by what is taken. Part
// of a visitor's connection; one thread.

#include <algorithm>
#include <cstddef>

namespace adit::server {

class AnswerWindows {
 public:
  /// What every stream has, bytes.
  static constexpr std::size_t kLeast = 8 * 1024;
  /// What one may begin with.
  static constexpr std::size_t kMost = 128 * 1024;
  /// Beyond kLeast, for all of a connection's streams.
  static constexpr std::size_t kShared = 1024 * 1024;

  /// For a new stream: by how much to widen its window.
  std::size_t take() noexcept {
    const std::size_t part = std::min(kMost - kLeast, m_left / kParts);
    m_left -= part;
    return part;
  }
  /// Of a stream that holds nothing any more.
  void give(std::size_t part) noexcept { m_left += part; }

 private:
  static constexpr std::size_t kParts = 8;  ///< Each takes one of what is left.
  std::size_t m_left = kShared;
};

}  // namespace adit::server
