// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whom a TLS client believes: the system's authorities, those of a file, or everybody. Immutable after
// creation and shared between threads.

#include <filesystem>
#include <memory>

#include "core/base/error.h"

struct gnutls_certificate_credentials_st;

namespace adit::tls {

class TrustStore {
 public:
  /// The authorities the operating system trusts, read anew; TlsFailure where there are none.
  static Result<std::shared_ptr<const TrustStore>> systemDefault();
  /// The certificates of a PEM file, and nobody else; errors name the file.
  static Result<std::shared_ptr<const TrustStore>> fromFile(const std::filesystem::path& bundle);
  /// Believes any certificate, for any name: for origins where the operator said so explicitly.
  static Result<std::shared_ptr<const TrustStore>> insecure();

  virtual ~TrustStore() = default;
  /// False: certificates are not looked at.
  [[nodiscard]] virtual bool verifies() const noexcept = 0;
  [[nodiscard]] virtual gnutls_certificate_credentials_st* credentials() const noexcept = 0;
};

}  // namespace adit::tls
