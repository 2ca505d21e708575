// SPDX-License-Identifier: Apache-2.0
#pragma once
// Connects an H2ServerSession to nghttp2: the library's session and the trampolines of its callbacks. Private
// to the session's sources; one thread.

#include <nghttp2/nghttp2.h>

#include "core/http/h2_pair.h"
#include "core/http/h2_server_session.h"

namespace adit::http {

struct H2ServerSession::Native {
  ~Native() { nghttp2_session_del(session); }
  nghttp2_session* session = nullptr;
  std::vector<nghttp2_nv> fields;
};

struct H2ServerSession::Callbacks {
  /// The table shared by all sessions.
  static const nghttp2_session_callbacks* table();
  /// From where the library reads the stream's content.
  static nghttp2_data_provider provider(H2ServerStream& stream) noexcept;
  static void setUrgency(H2ServerSession& self, std::int32_t stream, std::uint8_t urgency) noexcept;

  static int onBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept;
  static int onHeader(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t nameSize, const std::uint8_t* value, std::size_t valueSize,
                      std::uint8_t flags, void* user) noexcept;
  static int onFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept;
  static int onData(nghttp2_session*, std::uint8_t flags, std::int32_t stream, const std::uint8_t* data,
                    std::size_t size, void* user) noexcept;
  static int onInvalidFrame(nghttp2_session*, const nghttp2_frame* frame, int error, void* user) noexcept;
  static int onStreamClose(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* user) noexcept;
  static int onFrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept;
  static int onFrameNotSent(nghttp2_session*, const nghttp2_frame* frame, int error, void* user) noexcept;
  static ssize_t readData(nghttp2_session*, std::int32_t stream, std::uint8_t* room, std::size_t size,
                          std::uint32_t* flags, nghttp2_data_source* source, void* user) noexcept;
  static int sendData(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* header, std::size_t size,
                      nghttp2_data_source* source, void* user) noexcept;

 private:
  static void submitTrailers(H2ServerSession& self, H2ServerStream& stream);
};

}  // namespace adit::http
