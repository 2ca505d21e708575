// SPDX-License-Identifier: Apache-2.0
#pragma once
// A key pair with its self-signed certificate, by which servers and clients identify themselves to each
// other. The pin is SHA-256 over the SubjectPublicKeyInfo (RFC 7469 section 2.4), so a renewed certificate of
// the same key keeps its pin. Immutable after creation and shared between threads.

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.h"

struct gnutls_certificate_credentials_st;

namespace adit::tls {

/// SHA-256 of a public key.
struct Pin {
  std::array<std::uint8_t, 32> sha256{};
  /// "sha256:" and base64url without padding.
  [[nodiscard]] std::string toString() const;
  static Result<Pin> parse(std::string_view text);
  friend bool operator==(const Pin&, const Pin&) = default;
};

class Identity {
 public:
  /// Makes an ECDSA P-256 key and a certificate for `commonName`, valid for ten years.
  static Result<std::shared_ptr<const Identity>> generate(std::string_view commonName);
  /// Reads `directory`/`stem`.key (which must have mode 0600) and `stem`.crt; makes both if neither exists.
  static Result<std::shared_ptr<const Identity>> loadOrCreate(const std::filesystem::path& directory,
                                                              std::string_view stem,
                                                              std::string_view commonName);
  virtual ~Identity() = default;
  [[nodiscard]] virtual const Pin& pin() const noexcept = 0;
  [[nodiscard]] virtual gnutls_certificate_credentials_st* credentials() const noexcept = 0;
};

}  // namespace adit::tls
