// SPDX-License-Identifier: Apache-2.0
#pragma once
// The small service behind `adit demo`: a page that shows a visitor's request arriving. Listens on
// loopback, any port; its own thread until destroyed.

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
