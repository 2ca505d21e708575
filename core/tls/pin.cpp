// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/encoding.h"
#include "core/tls/identity.h"

namespace adit::tls {

namespace {
constexpr std::string_view kPrefix = "sha256:";
}

std::string Pin::toString() const { return std::string(kPrefix) + toBase64Url(sha256); }

Result<Pin> Pin::parse(std::string_view text) {
  if (!text.starts_with(kPrefix)) return fail(ErrorCode::Malformed, "a pin starts with 'sha256:'");
  const auto bytes = fromBase64Url(text.substr(kPrefix.size()));
  if (!bytes) return fail(ErrorCode::Malformed, "the pin is not base64url: " + bytes.error().detail);
  Pin pin;
  if (bytes->size() != pin.sha256.size()) {
    return fail(ErrorCode::Malformed,
                "a pin has 32 bytes (43 characters), this one has " + std::to_string(bytes->size()));
  }
  std::copy(bytes->begin(), bytes->end(), pin.sha256.begin());
  return pin;
}

}  // namespace adit::tls
