// SPDX-License-Identifier: Apache-2.0
#pragma once
// The error codes of RST_STREAM and GOAWAY. Values.

#include <cstdint>

namespace adit::http {

/// RFC 9113 section 7. Peers may send other values.
enum class H2Error : std::uint32_t {
  NoError = 0x0,
  ProtocolError = 0x1,
  InternalError = 0x2,
  FlowControlError = 0x3,
  SettingsTimeout = 0x4,
  StreamClosed = 0x5,
  FrameSizeError = 0x6,
  RefusedStream = 0x7,
  Cancel = 0x8,
  CompressionError = 0x9,
  ConnectError = 0xa,
  EnhanceYourCalm = 0xb,
  InadequateSecurity = 0xc,
  Http11Required = 0xd,
};

}  // namespace adit::http
