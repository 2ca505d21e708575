// SPDX-License-Identifier: Apache-2.0
#pragma once
// The certificate authorities that a TLS client trusts: the system's, those of a file, or any certificate at
// all. Immutable after creation and shared between threads.

#include <filesystem>
#include <memory>

#include "core/base/error.h"

struct gnutls_certificate_credentials_st;

namespace adit::tls {

class TrustStore {
 public:
  /// Reads the authorities that the operating system trusts; TlsFailure where there are none.
  static Result<std::shared_ptr<const TrustStore>> systemDefault();
  /// Trusts only the certificates of a PEM file. Errors name the file.
  static Result<std::shared_ptr<const TrustStore>> fromFile(const std::filesystem::path& bundle);
  /// Accepts any certificate for any name: for origins where the operator asked for it explicitly.
  static Result<std::shared_ptr<const TrustStore>> insecure();

  virtual ~TrustStore() = default;
  /// False where certificates are not verified at all.
  [[nodiscard]] virtual bool verifies() const noexcept = 0;
  [[nodiscard]] virtual gnutls_certificate_credentials_st* credentials() const noexcept = 0;
};

}  // namespace adit::tls
