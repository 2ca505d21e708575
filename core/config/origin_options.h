// SPDX-License-Identifier: Apache-2.0
#pragma once
// How the client connects to a tunnel's origin when the defaults do not fit, as the user wrote it: the
// command line takes these options, the store keeps them and the engine checks them. Values; any thread.

#include <chrono>
#include <optional>
#include <string>

namespace adit::config {

struct OriginOptions {
  static constexpr std::chrono::seconds kLeastTimeout{1};
  static constexpr std::chrono::seconds kMostTimeout{3600};
  static constexpr std::chrono::seconds kMostAnswerTimeout{86400};

  std::string caFile =
      {};  ///< A PEM file of authorities to trust instead of the system's. For https:// and h2s://.
  std::string serverName =
      {};  ///< The name that the certificate must be for, also sent as SNI, instead of the target's host.
  bool insecure = false;  ///< Accepts any certificate.
  std::string hostHeader =
      {};  ///< "keep" or empty: the visitor's; "target": the target's; otherwise a host[:port].
  std::chrono::seconds connectTimeout{10};  ///< Up to kMostTimeout.
  std::chrono::seconds tlsTimeout{10};      ///< Up to kMostTimeout.
  /// Until an answer begins, up to kMostAnswerTimeout. Empty: 100 s, and no limit for gRPC calls, which carry
  /// their own.
  std::optional<std::chrono::seconds> answerTimeout = {};
  friend bool operator==(const OriginOptions&, const OriginOptions&) = default;
};

}  // namespace adit::config
