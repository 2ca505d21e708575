// SPDX-License-Identifier: Apache-2.0
#pragma once
// How to connect to a tunnel's origin: OriginOptions, validated and ready for use. Values; made on any
// thread, used on the client's.

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
  std::string hostHeader;  ///< Replaces the visitor's Host; empty: the visitor's is kept.
  Duration connectTimeout = std::chrono::seconds(10);
  Duration answerTimeout = std::chrono::seconds(100);  ///< Until the head of the answer.
  bool timesCalls = false;                             ///< answerTimeout applies to gRPC calls, too.

  // For a target with TLS:
  std::shared_ptr<const tls::TrustStore> trust;
  std::string serverName;
  std::vector<std::string> alpn;
  Duration tlsTimeout = std::chrono::seconds(10);

  /// InvalidArgument with a sentence: a malformed name, or an option that does not apply to the target. Other
  /// errors name the file of authorities, or say that the system has none. Reads files. Logs a warning if the
  /// target's certificate will not be verified.
  static Result<OriginSettings> prepare(const OriginOptions& options, const Target& target);
};

}  // namespace adit::client
