// SPDX-License-Identifier: Apache-2.0
#pragma once
// The trampolines by which nghttp2 calls an H2ClientSession: cast, call, map the error. Internal to the
// folder; the session's thread.

#include <nghttp2/nghttp2.h>

#include "core/http/h2_client_session.h"

namespace adit::http {

struct H2ClientSession::Callbacks {
  static void install(nghttp2_session_callbacks* callbacks) noexcept;
  static ssize_t readContent(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer,
                             std::size_t length, std::uint32_t* flags, nghttp2_data_source* source,
                             void* self) noexcept;
};

}  // namespace adit::http
