// SPDX-License-Identifier: Apache-2.0
#pragma once
// GnuTLS handles that free themselves. Values; used inside core/tls and core/quic only, never in their public
// headers.

#include <memory>
#include <type_traits>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

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

}  // namespace adit::tls
