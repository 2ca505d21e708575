// SPDX-License-Identifier: Apache-2.0
#pragma once
// GnuTLS handles that free themselves. Values; used inside core/tls and core/quic only, never in their public
// headers.

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <spdlog/fmt/fmt.h>

#include "core/base/error.h"

namespace adit::tls {

template <auto kFree>
struct HandleDeleter {
  template <typename T>
  void operator()(T* handle) const noexcept {
    kFree(handle);
  }
};
template <typename Handle, auto kFree>
using UniqueHandle = std::unique_ptr<std::remove_pointer_t<Handle>, HandleDeleter<kFree>>;

using PrivateKeyHandle = UniqueHandle<gnutls_x509_privkey_t, gnutls_x509_privkey_deinit>;
using CertificateHandle = UniqueHandle<gnutls_x509_crt_t, gnutls_x509_crt_deinit>;
using CredentialsHandle = UniqueHandle<gnutls_certificate_credentials_t, gnutls_certificate_free_credentials>;
using SessionHandle = UniqueHandle<gnutls_session_t, gnutls_deinit>;
using PriorityHandle = UniqueHandle<gnutls_priority_t, gnutls_priority_deinit>;

/// A GnuTLS code as an error; its sentence begins with `what`.
inline tl::unexpected<Error> tlsFailure(std::string_view what, int code) {
  return fail(ErrorCode::TlsFailure, fmt::format("{}: {}", what, gnutls_strerror(code)), code);
}

/// A view for GnuTLS, which only reads it, though its type has no const.
inline gnutls_datum_t datumOf(std::string_view text) noexcept {
  return {const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(text.data())),
          static_cast<unsigned>(text.size())};
}

inline Result<CredentialsHandle> newCredentials() {
  gnutls_certificate_credentials_t raw = nullptr;
  if (const int rv = gnutls_certificate_allocate_credentials(&raw); rv != 0)
    return tlsFailure("allocating credentials", rv);
  return CredentialsHandle(raw);
}

}  // namespace adit::tls
