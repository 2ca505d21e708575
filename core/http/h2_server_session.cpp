// SPDX-License-Identifier: Apache-2.0
#include "core/http/h2_server_session.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/http/h2_memory.h"
#include "core/http/h2_server_callbacks.h"
#include "core/http/scan.h"

namespace adit::http {

namespace {

/// nghttp2 and H2Error use the same numbers.
std::uint32_t codeOf(H2Error error) noexcept { return static_cast<std::uint32_t>(error); }

void appendLower(std::string& text, std::string_view name) {
  for (const char c : name) text.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
}

/// The largest header block that nghttp2 sends. A response head may be as large as a frame of adit/1.
constexpr std::size_t kMaxHead = 128 * 1024;

}  // namespace

void H2ServerStream::open(std::int32_t id, const Framing& framing) noexcept {
  m_id = id;
  m_queue.clear();
  m_trailerText.clear();
  m_trailerSizes.clear();
  m_hasLength = framing.body == BodyFraming::Length;
  m_bodyLeft = framing.length;
  m_responseStarted = m_responseEnded = m_deferred = m_reset = m_malformed = m_blameless = false;
  m_failure.reset();
}

H2ServerSession::H2ServerSession(const H2Limits& limits, const HeadLimits& head, Handler& handler,
                                 BlockPool* memory, H2WindowBudget* growth)
    : m_limits(limits),
      m_handler(handler),
      m_guard(limits),
      m_block(head),
      m_native(std::make_unique<Native>()),
      m_growth(growth) {
  m_window.start(limits.connectionWindow);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  // H2FieldBlock alone validates requests, so that no two validators can disagree.
  nghttp2_option_set_no_http_messaging(option, 1);
  nghttp2_option_set_max_outbound_ack(option, limits.queuedAcks);
  nghttp2_option_set_max_settings(option, limits.settingsEntries);
  nghttp2_option_set_max_send_header_block_length(option, kMaxHead);
  nghttp2_option_set_builtin_recv_extension_type(option, NGHTTP2_PRIORITY_UPDATE);
  nghttp2_mem allocator = detail::allocatorOf(memory);
  nghttp2_session_server_new3(&m_native->session, Callbacks::table(), this, option,
                              memory == nullptr ? nullptr : &allocator);
  nghttp2_option_del(option);

  const std::array<nghttp2_settings_entry, 5> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.concurrentStreams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(head.headBytes)},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  nghttp2_submit_settings(m_native->session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(m_native->session, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<std::int32_t>(limits.connectionWindow));
}

H2ServerSession::~H2ServerSession() {
  if (m_growth != nullptr) m_growth->give(m_window.size() - m_limits.connectionWindow);
}

H2ServerStream* H2ServerSession::find(std::int32_t stream) const noexcept {
  auto* found = static_cast<H2ServerStream*>(nghttp2_session_get_stream_user_data(m_native->session, stream));
  return found == nullptr || found->m_reset ? nullptr : found;
}

bool H2ServerSession::isOpen(std::uint32_t stream) const noexcept {
  if (stream == 0) return false;
  nghttp2_stream* found = nghttp2_session_find_stream(m_native->session, static_cast<std::int32_t>(stream));
  if (found == nullptr) return false;
  const nghttp2_stream_proto_state state = nghttp2_stream_get_state(found);
  return state != NGHTTP2_STREAM_STATE_IDLE && state != NGHTTP2_STREAM_STATE_CLOSED;
}

std::size_t H2ServerSession::receive(ByteView data, Timestamp now, std::size_t most) {
  m_now = now;
  m_effort = 0;
  const std::size_t size = data.size();
  while (!data.empty() && !m_stopped && !m_error && m_effort < most) {
    std::optional<H2FrameHeader> frame;
    const std::size_t count = m_guard.nextPiece(data, frame);
    if (frame) {
      ++m_effort;
      if (const auto error = m_guard.check(*frame, isOpen(frame->stream), now)) {
        terminate(*error);
        return size;
      }
    }
    const ssize_t taken = nghttp2_session_mem_recv(m_native->session, data.data(), count);
    if (m_stopped) return size;
    if (taken < 0) {
      fatal(taken == NGHTTP2_ERR_FLOODED ? H2Error::EnhanceYourCalm : H2Error::ProtocolError);
      return size;
    }
    data = data.subspan(count);
    // The library ignored the request (after GOAWAY): note that we closed the stream, so that further frames
    // on it are ignored.
    if (frame && frame->type == H2FrameType::Headers && (frame->stream & 1U) != 0 && !isOpen(frame->stream))
      m_guard.streamClosed(frame->stream, true);
  }
  return m_error || m_stopped ? size : size - data.size();
}

void H2ServerSession::produce(Output& output, Timestamp now) {
  m_now = now;
  if (m_settingsSent == Timestamp{}) m_settingsSent = now;
  m_output = &output;
  while (!m_fatal && output.hasRoom()) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t count = nghttp2_session_mem_send(m_native->session, &bytes);
    if (count < 0) fatal(H2Error::InternalError);
    if (count <= 0) break;
    output.write(ByteView(bytes, static_cast<std::size_t>(count)));
  }
  m_output = nullptr;
  if (m_fatal && !m_fatalWritten) {
    m_fatalWritten = true;
    const std::uint32_t code = codeOf(*m_fatal);
    const auto last = static_cast<std::uint32_t>(nghttp2_session_get_last_proc_stream_id(m_native->session));
    std::array<std::uint8_t, kH2FrameHeader + 8> goAway{0, 0, 8,
                                                        static_cast<std::uint8_t>(H2FrameType::GoAway)};
    for (unsigned i = 0; i < 4; ++i) {
      goAway[9 + i] = static_cast<std::uint8_t>(last >> (24 - 8 * i));
      goAway[13 + i] = static_cast<std::uint8_t>(code >> (24 - 8 * i));
    }
    output.write(ByteView(goAway));
  }
}

bool H2ServerSession::wantsToWrite() const noexcept {
  if (m_fatal) return !m_fatalWritten;
  return nghttp2_session_want_write(m_native->session) != 0;
}

bool H2ServerSession::isOver() const noexcept {
  if (m_fatal) return m_fatalWritten;
  return nghttp2_session_want_read(m_native->session) == 0 &&
         nghttp2_session_want_write(m_native->session) == 0;
}

void H2ServerSession::fatal(H2Error error) {
  if (!m_fatal) m_fatal = error;
  if (!m_error) m_error = error;
}

void H2ServerSession::terminate(H2Error error) {
  if (m_error) return;
  m_error = error;
  nghttp2_session_terminate_session(m_native->session, codeOf(error));
}

void H2ServerSession::malformed(std::int32_t stream, const char* reason) {
  m_lastReason = reason;
  if (H2ServerStream* found = find(stream)) found->m_reset = found->m_malformed = true;
  nghttp2_submit_rst_stream(m_native->session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_PROTOCOL_ERROR);
  countReset();
}

/// Counts a reset that the visitor provoked, before it is written: what the visitor has sent already may
/// cause hundreds more before that.
void H2ServerSession::countReset() {
  ++m_resetsCounted;
  if (const auto flood = m_guard.countReset(m_now)) terminate(*flood);
}

void H2ServerSession::takeRequest(std::int32_t stream, bool endStream) {
  if (!m_block.finishRequest(endStream, m_request)) {
    malformed(stream, m_block.reason());
    m_handler.onMalformedRequest();
    return;
  }
  m_request.stream = stream;
  H2ServerStream* object = m_handler.onRequest(m_request);
  if (object == nullptr) {
    m_stopped = true;
    return;
  }
  object->open(stream, m_request.framing);
  object->m_window.start(m_limits.streamWindow);
  nghttp2_session_set_stream_user_data(m_native->session, stream, object);
  Callbacks::setUrgency(*this, stream, m_request.urgency);
  object->onRequestHead(m_request);
  if (++m_requests >= m_limits.requests) startDrain();
}

void H2ServerSession::takeTrailers(std::int32_t stream, bool endStream) {
  if (!m_block.finishTrailers(m_trailers)) {
    malformed(stream, m_block.reason());
    return;
  }
  if (!endStream) {
    malformed(stream, "trailers that do not end the stream");
    return;
  }
  H2ServerStream* object = find(stream);
  if (object == nullptr) return;
  if (!m_trailers.empty() && !object->m_hasLength) object->onRequestTrailers(m_trailers);
}

void H2ServerSession::takeEnd(H2ServerStream& stream) {
  if (stream.m_hasLength && stream.m_bodyLeft != 0) {
    malformed(stream.m_id, "less content than announced");
    return;
  }
  stream.onRequestEnd();
}

void H2ServerSession::consume(std::int32_t stream, std::size_t count) {
  if (count == 0) return;
  nghttp2_session_consume(m_native->session, stream, count);
  m_window.consumed(count);
  if (H2ServerStream* object = find(stream)) object->m_window.consumed(count);
}

/// Called when content arrives on the stream. The connection's window grows first, because a larger stream
/// window than that has no effect.
void H2ServerSession::widen(H2ServerStream& stream) {
  if (m_growth == nullptr) return;
  const std::uint32_t most = std::max(m_limits.mostWindow, m_limits.connectionWindow);
  if (m_window.isShort(m_now, m_roundTrip) && m_window.size() < most) {
    const std::uint32_t size = m_window.size() > most / 2 ? most : m_window.size() * 2;
    if (m_growth->take(size - m_window.size())) {
      m_window.grow(size);
      nghttp2_session_set_local_window_size(m_native->session, NGHTTP2_FLAG_NONE, 0,
                                            static_cast<std::int32_t>(size));
    }
  }
  if (stream.m_window.isShort(m_now, m_roundTrip) && stream.m_window.size() < m_window.size()) {
    const std::uint32_t size = std::min(stream.m_window.size() * 2, m_window.size());
    stream.m_window.grow(size);
    nghttp2_session_set_local_window_size(m_native->session, NGHTTP2_FLAG_NONE, stream.m_id,
                                          static_cast<std::int32_t>(size));
  }
}

bool H2ServerSession::isBlocked(const H2ServerStream& stream) const noexcept {
  return stream.unsentBytes() > 0 &&
         (nghttp2_session_get_stream_remote_window_size(m_native->session, stream.m_id) <= 0 ||
          nghttp2_session_get_remote_window_size(m_native->session) <= 0);
}

void H2ServerSession::reference(std::string_view name, std::string_view value) {
  m_native->fields.push_back(h2Pair(name, value));
}

void H2ServerSession::addHeadFields(const ResponseHead& head, bool keepLength) {
  std::size_t names = 0;
  for (const Field& field : head.fields) names += field.name.size();
  m_headText.clear();
  m_headText.reserve(names + 32);  // views into it stay
  m_native->fields.clear();
  const std::size_t statusAt = m_headText.size();
  m_headText.append({static_cast<char>('0' + head.status / 100 % 10),
                     static_cast<char>('0' + head.status / 10 % 10),
                     static_cast<char>('0' + head.status % 10)});
  reference(":status", std::string_view(m_headText).substr(statusAt, 3));
  for (const Field& field : head.fields) {
    if (isConnectionField(field.name)) continue;
    if (!keepLength && equalsIgnoreCase(field.name, "content-length")) continue;
    const std::size_t at = m_headText.size();
    appendLower(m_headText, field.name);
    reference(std::string_view(m_headText).substr(at), scan::trim(field.value));
  }
}

void H2ServerSession::sendInterim(H2ServerStream& stream, const ResponseHead& head) {
  if (stream.m_reset) return;
  addHeadFields(head, false);
  nghttp2_submit_headers(m_native->session, NGHTTP2_FLAG_NONE, stream.m_id, nullptr, m_native->fields.data(),
                         m_native->fields.size(), nullptr);
}

void H2ServerSession::sendHead(H2ServerStream& stream, const ResponseHead& head, const Framing& framing,
                               bool ends) {
  if (stream.m_reset) return;
  addHeadFields(head, framing.body == BodyFraming::None);
  if (framing.body == BodyFraming::Length) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), framing.length).ptr;
    const std::size_t at = m_headText.size();
    m_headText.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
    reference("content-length", std::string_view(m_headText).substr(at));
  }
  stream.m_responseStarted = true;
  stream.m_responseEnded = ends;
  nghttp2_data_provider provider = Callbacks::provider(stream);
  nghttp2_submit_response(m_native->session, stream.m_id, m_native->fields.data(), m_native->fields.size(),
                          ends ? nullptr : &provider);
}

void H2ServerSession::sendBody(H2ServerStream& stream, Slice data) {
  if (stream.m_reset || data.empty()) return;
  stream.m_queue.gather(std::move(data));
  if (!std::exchange(stream.m_deferred, false)) return;
  nghttp2_session_resume_data(m_native->session, stream.m_id);
}

void H2ServerSession::setTrailers(H2ServerStream& stream, std::span<const Field> fields) {
  for (const Field& field : fields) {
    if (isConnectionField(field.name)) continue;
    const std::string_view value = scan::trim(field.value);
    appendLower(stream.m_trailerText, field.name);
    stream.m_trailerText.append(value);
    stream.m_trailerSizes.push_back(static_cast<std::uint32_t>(field.name.size()));
    stream.m_trailerSizes.push_back(static_cast<std::uint32_t>(value.size()));
  }
}

void H2ServerSession::finish(H2ServerStream& stream) {
  if (stream.m_reset || stream.m_responseEnded) return;
  stream.m_responseEnded = true;
  if (std::exchange(stream.m_deferred, false)) nghttp2_session_resume_data(m_native->session, stream.m_id);
}

void H2ServerSession::reset(H2ServerStream& stream, H2Error error) {
  if (std::exchange(stream.m_reset, true)) return;
  stream.m_queue.clear();
  nghttp2_submit_rst_stream(m_native->session, NGHTTP2_FLAG_NONE, stream.m_id, codeOf(error));
}

void H2ServerSession::breakOff(H2ServerStream& stream, H2Error error) {
  stream.m_blameless = true;
  if (stream.m_responseEnded || !stream.m_responseStarted) {
    reset(stream, error);
    return;
  }
  stream.m_failure = error;
  if (std::exchange(stream.m_deferred, false)) nghttp2_session_resume_data(m_native->session, stream.m_id);
}

void H2ServerSession::startDrain() {
  if (std::exchange(m_draining, true)) return;
  nghttp2_submit_shutdown_notice(m_native->session);
  nghttp2_submit_ping(m_native->session, NGHTTP2_FLAG_NONE, nullptr);
}

void H2ServerSession::finishDrain() {
  startDrain();
  if (std::exchange(m_drainSent, true)) return;
  const std::int32_t last = nghttp2_session_get_last_proc_stream_id(m_native->session);
  nghttp2_submit_goaway(m_native->session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
  m_guard.ignoreStreamsAfter(static_cast<std::uint32_t>(last));
}

}  // namespace adit::http
