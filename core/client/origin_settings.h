// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a tunnel's origin is spoken to, checked and ready for use: what OriginOptions say in words. Values;
// made on any thread, used on the client's.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/client/status.h"
#include "core/client/target.h"
#include "core/tls/trust_store.h"

namespace adit::client {

struct OriginSettings {
  std::string hostHeader;  ///< Instead of the visitor's Host; empty: kept.
  Duration connectTimeout = std::chrono::seconds(10);
  Duration answerTimeout = std::chrono::seconds(100);  ///< While the origin owes a head.
  bool timesCalls = false;                             ///< Of gRPC, too.

  // For a target with TLS:
  std::shared_ptr<const tls::TrustStore> trust;
  std::string serverName;
  std::vector<std::string> alpn;
  Duration tlsTimeout = std::chrono::seconds(10);

  /// InvalidArgument with a sentence: a malformed name, or an option that the target has no use for. Other
  /// errors name the file of authorities, or tell that the system has none. Reads files. A target whose
  /// certificate is not looked at is noted in the log.
  static Result<OriginSettings> prepare(const OriginOptions& options, const Target& target);
};

}  // namespace adit::client
