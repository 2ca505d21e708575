// SPDX-License-Identifier: Apache-2.0
#include "core/http/h2_client_callbacks.h"

#include <algorithm>
#include <vector>

#include "core/http/h2_pair.h"

namespace adit::http {

// The functions are the structure's members so that they reach the session's private part.
namespace {

H2ClientSession& sessionOf(void* self) noexcept { return *static_cast<H2ClientSession*>(self); }

std::string_view textOf(const std::uint8_t* data, std::size_t size) noexcept { return asText({data, size}); }

bool endsStream(const nghttp2_frame* frame) noexcept {
  return (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

void H2ClientSession::Callbacks::install(nghttp2_session_callbacks* callbacks) noexcept {
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) noexcept {
        if (H2ClientStream* stream = sessionOf(self).find(frame->hd.stream_id); stream != nullptr)
          sessionOf(self).beginSection(*stream);
        return 0;
      });
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t nameSize,
         const std::uint8_t* value, std::size_t valueSize, std::uint8_t, void* self) noexcept {
        H2ClientStream* stream = sessionOf(self).find(frame->hd.stream_id);
        return stream == nullptr
                   ? 0
                   : sessionOf(self).addField(*stream, textOf(name, nameSize), textOf(value, valueSize));
      });
  // By default the library drops such a field and continues; by RFC 9113 section 8.1.1 the message is
  // malformed.
  nghttp2_session_callbacks_set_on_invalid_header_callback(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t, const std::uint8_t*,
         std::size_t, std::uint8_t, void*) noexcept -> int { return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; });
  nghttp2_session_callbacks_set_on_begin_frame_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame_hd* header, void* self) noexcept -> int {
        H2ClientSession& session = sessionOf(self);
        bool isControl = false;
        switch (header->type) {
          case NGHTTP2_DATA:
            session.m_heardAnswer = true;
            if (header->length > 0) {
              session.m_control.allow(1);  // a server may also measure the path by content that it sends
            } else {
              isControl = (header->flags & NGHTTP2_FLAG_END_STREAM) == 0;
            }
            break;
          case NGHTTP2_HEADERS:
            session.m_heardAnswer = true;
            break;
          case NGHTTP2_CONTINUATION:
          case NGHTTP2_RST_STREAM:
          case NGHTTP2_GOAWAY:
          case NGHTTP2_WINDOW_UPDATE:
            break;  // a receiver may open its windows as often as it likes; no response is due
          case NGHTTP2_PUSH_PROMISE:
            // The library allows it until our SETTINGS are acknowledged, but requests always come after them.
            session.m_violation = "it pushes although push is disabled";
            return NGHTTP2_ERR_CALLBACK_FAILURE;
          default:
            isControl = true;
        }
        return !isControl || session.payForControlFrame() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) noexcept -> int {
        H2ClientSession& session = sessionOf(self);
        switch (frame->hd.type) {
          case NGHTTP2_HEADERS:
            if (H2ClientStream* stream = session.find(frame->hd.stream_id); stream != nullptr)
              session.endSection(*stream, endsStream(frame));
            break;
          case NGHTTP2_DATA:
            if (H2ClientStream* stream = session.find(frame->hd.stream_id);
                stream != nullptr && endsStream(frame))
              session.takeEnd(*stream);
            break;
          case NGHTTP2_RST_STREAM:
            if (H2ClientStream* stream = session.find(frame->hd.stream_id); stream != nullptr)
              stream->m_peerReset = true;
            break;
          case NGHTTP2_SETTINGS:
            if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
              session.m_awaitsAck = false;
              break;
            }
            session.m_hasSettings = true;
            session.m_handler.onSlotsChanged();
            break;
          case NGHTTP2_GOAWAY:
            session.m_peerLeaves = true;
            session.m_handler.onSlotsChanged();
            break;
          default:
            break;
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                    std::size_t size, void* self) noexcept {
        sessionOf(self).takeContent(id, {data, size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* self) noexcept {
        sessionOf(self).streamClosed(id, code);
        return 0;
      });
  nghttp2_session_callbacks_set_send_data_callback(
      callbacks,
      [](nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* header, std::size_t length,
         nghttp2_data_source*, void* self) noexcept -> int {
        H2ClientStream* stream = sessionOf(self).find(frame->hd.stream_id);
        if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        sessionOf(self).sendContent(*stream, {header, 9}, length);
        return 0;
      });
  nghttp2_session_callbacks_set_error_callback2(
      callbacks, [](nghttp2_session*, int code, const char*, std::size_t, void* self) noexcept {
        if (code == NGHTTP2_ERR_SETTINGS_EXPECTED) sessionOf(self).m_violation = "it does not speak HTTP/2";
        return 0;
      });
  nghttp2_session_callbacks_set_unpack_extension_callback(
      callbacks, [](nghttp2_session*, void**, const nghttp2_frame_hd*, void*) noexcept -> int {
        return NGHTTP2_ERR_CANCEL;
      });
  nghttp2_session_callbacks_set_on_extension_chunk_recv_callback(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame_hd*, const std::uint8_t*, std::size_t, void*) noexcept -> int {
        return NGHTTP2_ERR_CANCEL;
      });
}

ssize_t H2ClientSession::Callbacks::readContent(nghttp2_session* session, std::int32_t id, std::uint8_t*,
                                                std::size_t length, std::uint32_t* flags,
                                                nghttp2_data_source*, void* self) noexcept {
  if (sessionOf(self).m_sink->isFull()) return NGHTTP2_ERR_PAUSE;
  H2ClientStream* stream = sessionOf(self).find(id);
  if (stream == nullptr) return NGHTTP2_ERR_DEFERRED;  // its RST_STREAM is on the way
  const std::size_t count = std::min(length, stream->m_queue.bytes());
  const bool last = stream->m_finished && count == stream->m_queue.bytes();
  if (count == 0 && !last) {
    stream->m_deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (last) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    stream->m_sentAll = true;
    if (!stream->m_trailers.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      std::vector<nghttp2_nv> pairs;
      for (const auto& [name, value] : stream->m_trailers) pairs.push_back(h2Pair(name, value));
      nghttp2_submit_trailer(session, id, pairs.data(), pairs.size());
    }
  }
  return static_cast<ssize_t>(count);
}

}  // namespace adit::http
