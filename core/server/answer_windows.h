// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far answers may come before their visitors took any of them. A stream to a client begins with a small
// window, which the first ones of many have widened: a page's files come in one go, and a hundred answers
// that nobody reads hold little more than ten. Windows grow by what is taken. An HTTP/2 visitor has one for
// all its streams, and a worker one for all its visitors. Part of its owner; one thread.

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

  explicit AnswerWindows(std::size_t bytes = kShared) noexcept : m_left(bytes) {}

  /// For a new stream: by how much to widen its window.
  std::size_t take() noexcept { return takeUpTo(kMost - kLeast); }
  /// No more than `most`.
  std::size_t takeUpTo(std::size_t most) noexcept {
    const std::size_t part = std::min(most, m_left / kParts);
    m_left -= part;
    return part;
  }
  /// Of a stream that holds nothing any more.
  void give(std::size_t part) noexcept { m_left += part; }

 private:
  static constexpr std::size_t kParts = 8;  ///< Each takes one of what is left.
  std::size_t m_left;
};

}  // namespace adit::server
