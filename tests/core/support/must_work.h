// SPDX-License-Identifier: Apache-2.0
#pragma once
// For what a test only prepares with: a failure there ends the test with the error's own words.

#include <QtGlobal>

#include "core/base/error.h"

namespace adit::test {

inline void mustWork(const Result<>& result) {
  if (!result) qFatal("%s", result.error().detail.c_str());
}

}  // namespace adit::test
