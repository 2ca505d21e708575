// SPDX-License-Identifier: Apache-2.0
#pragma once
// The fields that the client adds to every request to an origin: the visitor's address, the host and the
// scheme that it asked for (RFC 7239 and the older X-Forwarded fields). Pure; any thread.

#include <string>
#include <string_view>

#include "core/http/message.h"
#include "core/net/address.h"

namespace adit::client {

struct ForwardingFields {
  std::string address;      ///< X-Forwarded-For; empty, and left out, if the visitor's address is not known.
  std::string_view host;    ///< X-Forwarded-Host; left out if empty.
  std::string_view scheme;  ///< X-Forwarded-Proto
  std::string forwarded;    ///< Forwarded; with "for=unknown" (RFC 7239 section 6.2) for an unknown address.

  /// `authority` must outlive the result.
  ForwardingFields(const net::SocketAddress& visitor, std::string_view authority, http::Scheme visitorScheme);
};

}  // namespace adit::client
