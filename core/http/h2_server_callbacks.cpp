// SPDX-License-Identifier: Apache-2.0
#include "core/http/h2_server_callbacks.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace adit::http {

namespace {

/// A DATA frame with at least this much content, with more behind it, entitles the visitor to window updates.
constexpr std::size_t kWorthAnUpdate = 256;

/// See H2ServerSession::effort().
constexpr std::size_t kEffortOfHead = 16;
constexpr std::size_t kBytesPerEffort = 256;

H2ServerSession& selfOf(void* user) noexcept { return *static_cast<H2ServerSession*>(user); }

std::string_view textOf(const std::uint8_t* bytes, std::size_t size) noexcept {
  return asText(ByteView(bytes, size));
}

bool endsStream(const nghttp2_frame* frame) noexcept {
  return (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const noexcept {
    nghttp2_session_callbacks_del(callbacks);
  }
};

}  // namespace

const nghttp2_session_callbacks* H2ServerSession::Callbacks::table() {
  static const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> shared = [] {
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, onBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(made, onHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, onFrame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, onInvalidFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, onData);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, onStreamClose);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, onFrameSent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(made, onFrameNotSent);
    nghttp2_session_callbacks_set_send_data_callback(made, sendData);
    return std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter>(made);
  }();
  return shared.get();
}

nghttp2_data_provider H2ServerSession::Callbacks::provider(H2ServerStream& stream) noexcept {
  nghttp2_data_provider made{};
  made.source.ptr = &stream;
  made.read_callback = readData;
  return made;
}

void H2ServerSession::Callbacks::setUrgency(H2ServerSession& self, std::int32_t stream,
                                            std::uint8_t urgency) noexcept {
  // Always incremental, whatever the visitor asks for: streams of the same urgency take turns, so that an
  // endless one does not block the others.
  const nghttp2_extpri priority{urgency, 1};
  nghttp2_session_change_extpri_stream_priority(self.m_native->session, stream, &priority, 0);
}

int H2ServerSession::Callbacks::onBeginHeaders(nghttp2_session*, const nghttp2_frame* frame,
                                               void* user) noexcept {
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  selfOf(user).m_block.begin(frame->headers.cat == NGHTTP2_HCAT_REQUEST ? H2FieldBlock::Kind::Request
                                                                        : H2FieldBlock::Kind::Trailers);
  return 0;
}

int H2ServerSession::Callbacks::onHeader(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                                         std::size_t nameSize, const std::uint8_t* value,
                                         std::size_t valueSize, std::uint8_t, void* user) noexcept {
  selfOf(user).m_block.add(textOf(name, nameSize), textOf(value, valueSize));
  return 0;
}

int H2ServerSession::Callbacks::onFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
  H2ServerSession& self = selfOf(user);
  const std::int32_t stream = frame->hd.stream_id;
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      self.m_effort += kEffortOfHead + self.m_block.bytes() / kBytesPerEffort;
      if (self.m_block.isBeyondLimits()) {
        if (const auto bomb = self.m_guard.countOversizedBlock(self.m_block.bytes())) {
          self.terminate(*bomb);
          if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) self.m_handler.onMalformedRequest();
          return 0;
        }
      }
      if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        self.takeRequest(stream, endsStream(frame));
        if (self.m_stopped) return NGHTTP2_ERR_CALLBACK_FAILURE;
      } else {
        self.takeTrailers(stream, endsStream(frame));
      }
      [[fallthrough]];
    case NGHTTP2_DATA:
      if (!endsStream(frame)) return 0;
      if (H2ServerStream* object = self.find(stream)) self.takeEnd(*object);
      return 0;
    case NGHTTP2_SETTINGS:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 && !std::exchange(self.m_settingsAcknowledged, true))
        self.m_roundTrip = self.m_now - self.m_settingsSent;
      return 0;
    case NGHTTP2_PING:
      // We send only one PING, behind the shutdown notice.
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 && self.m_draining) self.finishDrain();
      return 0;
    case NGHTTP2_PRIORITY_UPDATE: {
      const auto* update = static_cast<const nghttp2_ext_priority_update*>(frame->ext.payload);
      setUrgency(self, update->stream_id, parseUrgency(textOf(update->field_value, update->field_value_len)));
      return 0;
    }
    default:
      return 0;
  }
}

int H2ServerSession::Callbacks::onInvalidFrame(nghttp2_session*, const nghttp2_frame*, int,
                                               void* user) noexcept {
  selfOf(user).countReset();
  return 0;
}

int H2ServerSession::Callbacks::onData(nghttp2_session*, std::uint8_t, std::int32_t stream,
                                       const std::uint8_t* data, std::size_t size, void* user) noexcept {
  H2ServerSession& self = selfOf(user);
  H2ServerStream* object = self.find(stream);
  if (object != nullptr && object->m_hasLength) {
    if (size > object->m_bodyLeft) {
      self.malformed(stream, "more content than announced");
      object = nullptr;
    } else {
      object->m_bodyLeft -= size;
    }
  }
  if (object == nullptr) {
    self.consume(stream, size);
  } else {
    self.widen(*object);
    object->onRequestBody({data, size});
  }
  return 0;
}

int H2ServerSession::Callbacks::onStreamClose(nghttp2_session* session, std::int32_t stream,
                                              std::uint32_t error, void* user) noexcept {
  H2ServerSession& self = selfOf(user);
  auto* object = static_cast<H2ServerStream*>(nghttp2_session_get_stream_user_data(session, stream));
  nghttp2_session_set_stream_user_data(session, stream, nullptr);
  self.m_guard.streamClosed(static_cast<std::uint32_t>(stream), false);
  if (object == nullptr) return 0;
  object->m_queue.clear();
  object->m_reset = true;
  object->onStreamClosed(static_cast<H2Error>(error));
  return 0;
}

int H2ServerSession::Callbacks::onFrameSent(nghttp2_session* session, const nghttp2_frame* frame,
                                            void* user) noexcept {
  H2ServerSession& self = selfOf(user);
  const std::int32_t stream = frame->hd.stream_id;
  switch (frame->hd.type) {
    case NGHTTP2_RST_STREAM: {
      self.m_guard.streamClosed(static_cast<std::uint32_t>(stream), true);
      const auto error = static_cast<H2Error>(frame->rst_stream.error_code);
      if (self.m_resetsCounted > 0) {
        --self.m_resetsCounted;
        return 0;
      }
      // These are not the visitor's fault: an origin failed, or an answer came early. All others are.
      if (error == H2Error::NoError || error == H2Error::InternalError || error == H2Error::Cancel) return 0;
      const auto* object =
          static_cast<H2ServerStream*>(nghttp2_session_get_stream_user_data(session, stream));
      if (object != nullptr && object->m_blameless) return 0;
      if (const auto flood = self.m_guard.countReset(self.m_now)) self.terminate(*flood);
      return 0;
    }
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
      if (!endsStream(frame)) return 0;
      self.m_guard.answered();
      // RFC 9113 section 8.1: the answer is complete, so the rest of the request is not needed.
      if (nghttp2_session_get_stream_remote_close(session, stream) == 0)
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_NO_ERROR);
      return 0;
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PING:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) self.m_guard.sentFrameToAcknowledge();
      return 0;
    default:
      return 0;
  }
}

int H2ServerSession::Callbacks::onFrameNotSent(nghttp2_session* session, const nghttp2_frame* frame, int,
                                               void* user) noexcept {
  // The head is larger than the library sends. Reset the stream so that the visitor does not wait for it.
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  auto* object =
      static_cast<H2ServerStream*>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
  if (object != nullptr) selfOf(user).reset(*object, H2Error::InternalError);
  return 0;
}

void H2ServerSession::Callbacks::submitTrailers(H2ServerSession& self, H2ServerStream& stream) {
  self.m_native->fields.clear();
  std::string_view text = stream.m_trailerText;
  for (std::size_t i = 0; i + 1 < stream.m_trailerSizes.size(); i += 2) {
    const std::size_t name = stream.m_trailerSizes[i], value = stream.m_trailerSizes[i + 1];
    self.m_native->fields.push_back(h2Pair(text.substr(0, name), text.substr(name, value)));
    text.remove_prefix(name + value);
  }
  nghttp2_submit_trailer(self.m_native->session, stream.m_id, self.m_native->fields.data(),
                         self.m_native->fields.size());
}

ssize_t H2ServerSession::Callbacks::readData(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t size,
                                             std::uint32_t* flags, nghttp2_data_source* source,
                                             void* user) noexcept {
  auto& stream = *static_cast<H2ServerStream*>(source->ptr);
  const std::size_t count = std::min(size, stream.m_queue.bytes());
  if (count == stream.m_queue.bytes() && stream.m_responseEnded) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream.m_trailerSizes.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      submitTrailers(selfOf(user), stream);
    }
  } else if (count == 0) {
    if (stream.m_failure) selfOf(user).reset(stream, *stream.m_failure);
    stream.m_deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  return static_cast<ssize_t>(count);
}

int H2ServerSession::Callbacks::sendData(nghttp2_session*, nghttp2_frame*, const std::uint8_t* header,
                                         std::size_t size, nghttp2_data_source* source, void* user) noexcept {
  H2ServerSession& self = selfOf(user);
  auto& stream = *static_cast<H2ServerStream*>(source->ptr);
  self.m_output->write(ByteView(header, kH2FrameHeader));
  std::size_t left = size;
  for (std::size_t i = 0; left > 0; ++i) {
    const Slice& slice = stream.m_queue.at(i);
    const std::size_t count = std::min(left, slice.size());
    self.m_output->write(slice.part(0, count));
    left -= count;
  }
  stream.m_queue.consume(size);
  // A visitor that opens its windows by a few bytes at a time causes small frames itself.
  if (size >= kWorthAnUpdate || stream.m_queue.empty()) self.m_guard.sentData(size);
  if (size > 0) stream.onResponseSent(size);
  return 0;
}

}  // namespace adit::http
