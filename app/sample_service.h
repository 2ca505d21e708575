// SPDX-License-Identifier: Apache-2.0
#pragma once
// The small service of `adit demo`: a page that shows the visitor's own request. Listens on any free port of
// loopback, on a thread of its own, until it is destroyed.

#include <cstdint>
#include <memory>

#include "core/base/error.h"

namespace adit::app {

class SampleService {
 public:
  static Result<std::unique_ptr<SampleService>> start();
  virtual ~SampleService() = default;
  [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
};

}  // namespace adit::app
