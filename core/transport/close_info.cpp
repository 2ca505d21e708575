// SPDX-License-Identifier: Apache-2.0
// The sentences for ends of a connection that the transport itself did not describe more exactly.
#include <spdlog/fmt/fmt.h>

#include "core/transport/link.h"

namespace adit::transport {

Error CloseInfo::toError() const {
  if (error) return *error;
  const auto libraryCode = static_cast<long>(code);
  switch (cause) {
    case CloseCause::Local:
      return {ErrorCode::Closed, "the connection was closed here", libraryCode};
    case CloseCause::PeerApplication:
      return {ErrorCode::Closed, fmt::format("the peer closed the connection: {} (code {})", reason, code),
              libraryCode};
    case CloseCause::PeerTransport:
      return {ErrorCode::ProtocolViolation,
              fmt::format("the peer ended the connection with transport error 0x{:x}{}{}", code,
                          reason.empty() ? "" : " ", reason),
              libraryCode};
    case CloseCause::LocalTransport:
      return {ErrorCode::ProtocolViolation,
              fmt::format("the peer violated the transport protocol: {}", reason), libraryCode};
    case CloseCause::IdleTimeout:
      return {ErrorCode::TimedOut, "the connection was silent for too long"};
    case CloseCause::HandshakeTimeout:
      return {ErrorCode::TimedOut, "the peer did not complete the handshake in time"};
    case CloseCause::Refused:
      return {ErrorCode::ConnectionRefused, "nothing listens at the peer's address"};
    case CloseCause::StatelessReset:
      return {ErrorCode::ConnectionReset, "the peer lost this connection: it was restarted"};
    case CloseCause::VersionNegotiation:
      return {ErrorCode::VersionMismatch, "no transport version in common with the peer"};
  }
  return {ErrorCode::Internal, "the connection ended for an unknown reason"};
}

}  // namespace adit::transport
