// SPDX-License-Identifier: Apache-2.0
#include "core/quic/transport_errors.h"

#include <spdlog/fmt/fmt.h>

namespace adit::quic {

namespace {

constexpr std::uint64_t kConnectionRefused = 0x02;
constexpr std::uint64_t kCryptoErrorFirst = 0x100, kCryptoErrorLast = 0x1ff;
constexpr std::uint64_t kNoApplicationProtocol = kCryptoErrorFirst + 120;  // with TLS's alert

}  // namespace

Error describeTransportError(std::uint64_t code, std::string_view reason, std::string_view peer) {
  const auto libraryCode = static_cast<long>(code);
  if (code == kNoApplicationProtocol) {
    return {ErrorCode::VersionMismatch, fmt::format("{} does not speak our protocol version", peer)};
  }
  if (code >= kCryptoErrorFirst && code <= kCryptoErrorLast) {
    return {ErrorCode::TlsFailure,
            fmt::format("the TLS handshake with {} failed (alert {})", peer, code - kCryptoErrorFirst),
            libraryCode};
  }
  if (code == kConnectionRefused) {
    return {ErrorCode::Overloaded, fmt::format("{} accepts no more connections now", peer), libraryCode};
  }
  return {ErrorCode::ProtocolViolation,
          fmt::format("{} ended the QUIC connection with transport error 0x{:x}{}{}", peer, code,
                      reason.empty() ? "" : " ", reason),
          libraryCode};
}

}  // namespace adit::quic
