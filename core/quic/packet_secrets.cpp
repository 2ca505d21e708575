// SPDX-License-Identifier: Apache-2.0
#include "core/quic/packet_secrets.h"

#include <algorithm>
#include <span>
#include <string_view>

#include <gnutls/crypto.h>

namespace adit::quic {

namespace {

/// HKDF-Expand-Label (RFC 8446 section 7.1) with an empty context.
bool expandLabel(std::span<std::uint8_t> dest, ByteView secret, std::string_view label) noexcept {
  constexpr std::string_view kPrefix = "tls13 ";
  std::array<std::uint8_t, 32> info{};
  std::size_t size = 0;
  info[size++] = static_cast<std::uint8_t>(dest.size() >> 8U);
  info[size++] = static_cast<std::uint8_t>(dest.size());
  info[size++] = static_cast<std::uint8_t>(kPrefix.size() + label.size());
  for (const std::string_view part : {kPrefix, label}) {
    std::copy(part.begin(), part.end(), info.begin() + static_cast<std::ptrdiff_t>(size));
    size += part.size();
  }
  ++size;  // the context's length, zero
  // GnuTLS declares both without const; it only reads them.
  const gnutls_datum_t key{const_cast<unsigned char*>(secret.data()), static_cast<unsigned>(secret.size())};
  const gnutls_datum_t data{info.data(), static_cast<unsigned>(size)};
  return gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &key, &data, dest.data(), dest.size()) == 0;
}

}  // namespace

bool PacketSecrets::derive(ByteView secret) noexcept {
  return expandLabel(key, secret, "quic key") && expandLabel(iv, secret, "quic iv") &&
         expandLabel(headerKey, secret, "quic hp");
}

}  // namespace adit::quic
