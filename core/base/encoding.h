// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text forms of bytes: base64url without padding (RFC 4648 section 5) for tokens and pins, hexadecimal for
// logs, and percent-encoding. Pure functions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/slab.h"

namespace adit {

std::string toBase64Url(ByteView bytes);
/// Refuses padding, white space, foreign characters and non-zero trailing bits.
Result<std::vector<std::uint8_t>> fromBase64Url(std::string_view text);
std::string toHex(ByteView bytes);
/// Compares in time that depends on the lengths only.
bool equalConstantTime(ByteView a, ByteView b) noexcept;

}  // namespace adit
