// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a tunnel's origin is spoken to, checked and ready for use: what OriginOptions say in words. Values;
// made on any thread, used on the client's.

#include <chrono>
#include <string>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/client/status.h"
#include "core/client/target.h"

namespace adit::client {

struct OriginSettings {
  std::string hostHeader;  ///< Instead of the visitor's Host; empty: kept.
  Duration connectTimeout = std::chrono::seconds(10);

  /// InvalidArgument with a sentence: a malformed name, or an option that the target has no use for.
  static Result<OriginSettings> prepare(const OriginOptions& options, const Target& target);
};

}  // namespace adit::client
