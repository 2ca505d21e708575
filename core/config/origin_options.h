// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a tunnel's origin is spoken to where the usual is not right, in the user's words: what the command line
// takes, the store keeps and the engine checks. Values; any thread.

#include <chrono>
#include <optional>
#include <string>

namespace adit::config {

struct OriginOptions {
  static constexpr std::chrono::seconds kLeastTimeout{1};
  static constexpr std::chrono::seconds kMostTimeout{3600};
  static constexpr std::chrono::seconds kMostAnswerTimeout{86400};

  std::string caFile =
      {};  ///< Authorities to believe instead of the system's (PEM). For https:// and h2s://.
  std::string serverName =
      {};                 ///< The name a certificate must be for, and SNI, instead of the target's host.
  bool insecure = false;  ///< Believes any certificate.
  std::string hostHeader =
      {};  ///< "keep" (or empty): the visitor's; "target": the target's; or a host[:port].
  std::chrono::seconds connectTimeout{10};  ///< Up to kMostTimeout.
  std::chrono::seconds tlsTimeout{10};      ///< Up to kMostTimeout.
  /// Until an answer begins, up to kMostAnswerTimeout. Empty: 100, and no end for calls of gRPC, which bring
  /// their own.
  std::optional<std::chrono::seconds> answerTimeout = {};
  friend bool operator==(const OriginOptions&, const OriginOptions&) = default;
};

}  // namespace adit::config
