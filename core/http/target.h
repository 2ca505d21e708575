// SPDX-License-Identifier: Apache-2.0
#pragma once
// Raw UTF-8 in request targets. RFC 3986 allows ASCII only, but some programs send targets as people typed
// them. A target is percent-encoded before anything else reads it, so that routing, limits and origins all
// see the same bytes. Pure; any thread.

#include <optional>
#include <string_view>
#include <vector>

namespace adit::http {

/// Whether a byte is above ASCII.
[[nodiscard]] constexpr bool isHighByte(char c) noexcept { return static_cast<signed char>(c) < 0; }
[[nodiscard]] bool hasHighBytes(std::string_view text) noexcept;

/// `target` with every UTF-8 sequence above ASCII percent-encoded (RFC 3986 section 2.1) and everything else
/// unchanged: a view into `room`, which is overwritten. Nothing where a byte above ASCII is not part of a
/// well-formed sequence.
std::optional<std::string_view> percentEncodeUtf8(std::string_view target, std::vector<char>& room);

}  // namespace adit::http
