// SPDX-License-Identifier: Apache-2.0
#pragma once
// A field line as nghttp2 takes it, for both ends' sessions: a reference to name and value, which the library
// copies on submission. Private to the sessions' sources; pure.

#include <cstdint>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include "core/base/slab.h"

namespace adit::http {

inline nghttp2_nv h2Pair(std::string_view name, std::string_view value) noexcept {
  // The library does not write through these; its structure serves both directions.
  // NOLINTBEGIN(cppcoreguidelines-pro-type-const-cast)
  return {const_cast<std::uint8_t*>(asBytes(name).data()), const_cast<std::uint8_t*>(asBytes(value).data()),
          name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
  // NOLINTEND(cppcoreguidelines-pro-type-const-cast)
}

}  // namespace adit::http
