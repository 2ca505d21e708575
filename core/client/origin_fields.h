// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the client adds to every request on its way to an origin: who asked, for which host, over what (RFC
// 7239 and the X-Forwarded fields it replaced). Pure; any thread.

#include <string>
#include <string_view>

#include "core/http/message.h"
#include "core/net/address.h"

namespace adit::client {

struct ForwardingFields {
  std::string address;      ///< X-Forwarded-For; left out where empty: the visitor's address is not known.
  std::string_view host;    ///< X-Forwarded-Host; left out where empty.
  std::string_view scheme;  ///< X-Forwarded-Proto
  std::string forwarded;    ///< Forwarded; "for=unknown" (RFC 7239 section 6.2) where the address is not.

  /// `authority` must outlive the result.
  ForwardingFields(const net::SocketAddress& visitor, std::string_view authority, http::Scheme visitorScheme);
};

}  // namespace adit::client
