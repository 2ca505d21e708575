// SPDX-License-Identifier: Apache-2.0
#pragma once
// The TLS versions, ciphers and groups of connections over TCP: 1.2 and 1.3, forward secrecy and AEAD only.
// Made once for the process. Used inside core/tls only; any thread.

#include "core/base/error.h"
#include "core/tls/gnutls_handles.h"

namespace adit::tls {

/// Lives as long as the process.
Result<gnutls_priority_t> streamPriorities();

}  // namespace adit::tls
