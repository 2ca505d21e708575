// SPDX-License-Identifier: Apache-2.0
#pragma once
// What QUIC's transport error codes (RFC 9000 section 20.1, RFC 9001 section 4.8) mean to a user. A pure
// function; any thread.

#include <cstdint>
#include <string_view>

#include "core/base/error.h"

namespace adit::quic {

/// The typed error, with a sentence that names `peer`, for a connection that ended with `code`.
Error describeTransportError(std::uint64_t code, std::string_view reason, std::string_view peer);

}  // namespace adit::quic
