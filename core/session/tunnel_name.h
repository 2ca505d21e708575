// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rules for a tunnel's name. Pure.

#include <string>
#include <string_view>

#include "core/base/error.h"

namespace adit::session {

/// A DNS label: 1 to 63 of a-z, 0-9 and inner hyphens, no "xn--", not a reserved word (www, admin, api,
/// adit). Lower-cased. NameInvalid otherwise.
Result<std::string> normalizeName(std::string_view name);

}  // namespace adit::session
