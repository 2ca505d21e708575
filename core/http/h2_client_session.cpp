// SPDX-License-Identifier: Apache-2.0
#include "core/http/h2_client_session.h"

#include <algorithm>
#include <array>

#include <nghttp2/nghttp2.h>

#include "core/http/grpc.h"
#include "core/http/h2_client_callbacks.h"
#include "core/http/h2_memory.h"
#include "core/http/h2_pair.h"
#include "core/http/semantics.h"

namespace adit::http {

namespace {

/// The most entries accepted in a peer's SETTINGS.
constexpr std::size_t kMaxSettings = 32;
constexpr unsigned kFirstUnknownType = NGHTTP2_CONTINUATION + 1;
/// How many acknowledgements of PING and SETTINGS may wait to be written. H2ControlBudget limits how many a
/// peer may cause, so this only has to be more than an honest peer needs.
constexpr std::size_t kMaxQueuedAcks = 20'000;

/// In HTTP/2 trailers may follow content of a known length, but not in the tunnel. An answer that may have
/// trailers therefore travels as one of unknown length, since trailers can be essential (gRPC).
bool mayHaveTrailers(const std::vector<Field>& fields) noexcept {
  if (findField(fields, "trailer") != nullptr) return true;
  return callKindOf(fields) != CallKind::None;
}

bool parseLength(std::string_view digits, std::uint64_t& length) noexcept {
  length = 0;
  if (digits.empty() || digits.size() > 18) return false;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

}  // namespace

/// Reused from request to request.
struct H2ClientSession::Scratch {
  std::vector<nghttp2_nv> pairs;
};

H2ClientSession::H2ClientSession(Handler& handler, const H2ClientLimits& limits)
    : m_handler(handler),
      m_limits(limits),
      m_scratch(std::make_unique<Scratch>()),
      m_control(limits.controlBurst, limits.controlRate),
      m_resets(limits.resetBurst, limits.resetRate) {}

Result<std::unique_ptr<H2ClientSession>> H2ClientSession::create(Handler& handler,
                                                                 const H2ClientLimits& limits,
                                                                 BlockPool* memory) {
  std::unique_ptr<H2ClientSession> session(new H2ClientSession(handler, limits));
  if (auto started = session->start(memory); !started) return adit::fail(std::move(started.error()));
  return session;
}

Result<> H2ClientSession::start(BlockPool* memory) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  int error = nghttp2_session_callbacks_new(&callbacks);
  if (error == 0) error = nghttp2_option_new(&option);
  if (error == 0) {
    Callbacks::install(callbacks);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_max_settings(option, kMaxSettings);
    nghttp2_option_set_max_outbound_ack(option, kMaxQueuedAcks);
    // Frames of unknown types are ignored, but counted.
    for (unsigned type = kFirstUnknownType; type <= 255; ++type)
      nghttp2_option_set_user_recv_extension_type(option, static_cast<std::uint8_t>(type));
    nghttp2_mem allocator = detail::allocatorOf(memory);
    error = nghttp2_session_client_new3(&m_session, callbacks, this, option,
                                        memory == nullptr ? nullptr : &allocator);
  }
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  if (error == 0) {
    const std::array<nghttp2_settings_entry, 3> settings{{
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(m_limits.streamWindow)},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(m_limits.headBytes)},
    }};
    error = nghttp2_submit_settings(m_session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  }
  if (error == 0) {
    error = nghttp2_session_set_local_window_size(m_session, NGHTTP2_FLAG_NONE, 0, m_limits.connectionWindow);
  }
  if (error != 0) return adit::fail(ErrorCode::Internal, nghttp2_strerror(error), error);
  m_control.allow(1);  // the acknowledgement of our SETTINGS
  return {};
}

H2ClientSession::~H2ClientSession() {
  while (H2ClientStream* stream = m_streams.popFront()) stream->m_session = nullptr;
  nghttp2_session_del(m_session);
}

Result<> H2ClientSession::receive(ByteView bytes, Timestamp now) {
  m_now = now;
  const ssize_t used = nghttp2_session_mem_recv(m_session, bytes.data(), bytes.size());
  m_handler.onOutputReady();
  if (m_flooded) {
    nghttp2_session_terminate_session(m_session, NGHTTP2_ENHANCE_YOUR_CALM);
    return adit::fail(ErrorCode::LimitExceeded, "the peer sends too many control frames");
  }
  if (m_violation != nullptr) {
    nghttp2_session_terminate_session(m_session, NGHTTP2_PROTOCOL_ERROR);
    return adit::fail(ErrorCode::ProtocolViolation, m_violation);
  }
  if (used < 0) {
    return adit::fail(used == NGHTTP2_ERR_FLOODED ? ErrorCode::LimitExceeded : ErrorCode::ProtocolViolation,
                      nghttp2_strerror(static_cast<int>(used)), static_cast<long>(used));
  }
  return {};
}

Result<> H2ClientSession::send(Sink& sink) {
  m_sink = &sink;
  ssize_t size = 0;
  while (!sink.isFull()) {
    const std::uint8_t* data = nullptr;
    size = nghttp2_session_mem_send(m_session, &data);
    if (size <= 0) break;
    sink.write(ByteView(data, static_cast<std::size_t>(size)));
  }
  m_sink = nullptr;
  if (size < 0) {
    return adit::fail(ErrorCode::ProtocolViolation, nghttp2_strerror(static_cast<int>(size)),
                      static_cast<long>(size));
  }
  return {};
}

bool H2ClientSession::isOver() const noexcept {
  return nghttp2_session_want_read(m_session) == 0 && nghttp2_session_want_write(m_session) == 0;
}

bool H2ClientSession::acceptsRequests() const noexcept {
  return nghttp2_session_check_request_allowed(m_session) != 0;
}

std::size_t H2ClientSession::freeSlots() const noexcept {
  if (!acceptsRequests()) return 0;
  const std::uint32_t allowed =
      nghttp2_session_get_remote_settings(m_session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  const std::size_t most = std::min(allowed, m_limits.streams);
  return most - std::min<std::size_t>(most, m_open);
}

bool H2ClientSession::allowsExtendedConnect() const noexcept {
  return nghttp2_session_get_remote_settings(m_session, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
}

Result<> H2ClientSession::open(H2ClientStream& stream, const H2Request& request) {
  if (!acceptsRequests()) return adit::fail(ErrorCode::Closed, "the connection takes no more requests");
  stream.reset();
  stream.m_interim = InterimBudget(m_limits.interim);
  stream.m_isHead = request.method == "HEAD";
  std::vector<nghttp2_nv>& pairs = m_scratch->pairs;
  pairs.clear();
  pairs.push_back(h2Pair(":method", request.method));
  if (!request.protocol.empty()) pairs.push_back(h2Pair(":protocol", request.protocol));
  pairs.push_back(h2Pair(":scheme", request.scheme));
  pairs.push_back(h2Pair(":authority", request.authority));
  pairs.push_back(h2Pair(":path", request.path));
  for (const Field& field : request.fields) pairs.push_back(h2Pair(field.name, field.value));
  nghttp2_data_provider content{};
  content.read_callback = Callbacks::readContent;
  const std::int32_t id = nghttp2_submit_request(m_session, nullptr, pairs.data(), pairs.size(),
                                                 request.hasContent ? &content : nullptr, &stream);
  if (id < 0) return adit::fail(ErrorCode::Closed, nghttp2_strerror(id), id);
  stream.m_id = id;
  stream.m_session = this;
  stream.m_sentAll = !request.hasContent;
  m_streams.pushBack(stream);
  ++m_open;
  m_control.allowForRequest();
  m_handler.onOutputReady();
  return {};
}

void H2ClientSession::setStreamWindow(std::int32_t size) {
  if (m_awaitsAck || size == m_limits.streamWindow) return;
  const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(size)};
  if (nghttp2_submit_settings(m_session, NGHTTP2_FLAG_NONE, &entry, 1) != 0) return;
  m_limits.streamWindow = size;
  m_awaitsAck = true;
  m_control.allow(1);
  m_handler.onOutputReady();
}

void H2ClientSession::ping() {
  nghttp2_submit_ping(m_session, NGHTTP2_FLAG_NONE, nullptr);
  m_control.allow(1);
  m_heardAnswer = false;
  m_handler.onOutputReady();
}

void H2ClientSession::leave() {
  nghttp2_session_terminate_session(m_session, NGHTTP2_NO_ERROR);
  m_handler.onOutputReady();
}

void H2ClientSession::fail(H2Error code) {
  // Requests that are retried inside onReset go to other sessions: the owner does not use this one again.
  while (H2ClientStream* stream = m_streams.front()) {
    detach(*stream);
    stream->m_handler.onReset(code, false);
  }
}

H2ClientStream* H2ClientSession::find(std::int32_t id) const noexcept {
  return static_cast<H2ClientStream*>(nghttp2_session_get_stream_user_data(m_session, id));
}

void H2ClientSession::detach(H2ClientStream& stream) {
  nghttp2_session_set_stream_user_data(m_session, stream.m_id, nullptr);
  if (stream.m_unconsumed > 0) {
    nghttp2_session_consume_stream(m_session, stream.m_id, std::exchange(stream.m_unconsumed, 0));
  }
  static_cast<ListHook<>&>(stream).unlink();
  stream.m_session = nullptr;
  stream.m_queue.clear();
}

bool H2ClientSession::payForControlFrame() noexcept {
  if (m_control.take(m_now)) return true;
  m_flooded = true;
  return false;
}

void H2ClientSession::sendContent(H2ClientStream& stream, ByteView header, std::size_t count) {
  m_sink->write(header);
  m_control.allowForData(count);
  while (count > 0) {
    const Slice& front = stream.m_queue.at(0);
    const std::size_t size = std::min(count, front.size());
    m_sink->write(front.part(0, size));
    stream.m_queue.consume(size);
    count -= size;
  }
  stream.m_handler.onContentSent();
}

void H2ClientSession::beginSection(H2ClientStream& stream) {
  stream.m_text.clear();
  stream.m_entries.clear();
  stream.m_hasLength = false;
}

int H2ClientSession::addField(H2ClientStream& stream, std::string_view name, std::string_view value) {
  if (name == ":status") {
    // The library has checked that it has three digits.
    stream.m_status =
        static_cast<std::uint16_t>((value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0'));
    return stream.m_status >= 100 && stream.m_status <= 999 ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  if (stream.m_text.size() + name.size() + value.size() > m_limits.headBytes ||
      stream.m_entries.size() >= m_limits.fields) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  if (name == "content-length") {
    if (!parseLength(value, stream.m_contentLength)) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    stream.m_hasLength = true;
  }
  const auto at = static_cast<std::uint32_t>(stream.m_text.size());
  stream.m_text.append(name).append(value);
  stream.m_entries.push_back({at, static_cast<std::uint32_t>(name.size()),
                              at + static_cast<std::uint32_t>(name.size()),
                              static_cast<std::uint32_t>(value.size())});
  return 0;
}

void H2ClientSession::endSection(H2ClientStream& stream, bool endStream) {
  const std::int32_t id = stream.m_id;
  stream.fillFields();
  if (stream.m_gotFinal) {
    std::erase_if(stream.m_head.fields, [](const Field& field) { return isForbiddenTrailer(field.name); });
    stream.m_handler.onTrailers(stream.m_head.fields);
  } else {
    takeHead(stream, endStream);
  }
  if (endStream && find(id) == &stream) takeEnd(stream);
}

void H2ClientSession::takeHead(H2ClientStream& stream, bool endStream) {
  ResponseHead& head = stream.m_head;
  head.status = stream.m_status;
  head.version = Version::Http2;
  head.reason = {};
  removeHopByHop(head.fields, Direction::Response);
  if (head.status < 200) {
    stream.m_gotInterim = true;
    if (stream.m_interim.take(m_now, stream.m_text.size())) {
      stream.m_handler.onInterim(head);
    } else {
      refuse(stream);
    }
    return;
  }
  stream.m_gotFinal = true;
  Framing framing;
  const bool bodiless = stream.m_isHead || head.status == 204 || head.status == 304;
  // The library does not count the content of answers to CONNECT.
  stream.m_isCounted = stream.m_hasLength && !bodiless;
  stream.m_remaining = stream.m_contentLength;
  if (endStream && stream.m_isCounted && stream.m_remaining != 0) {
    refuse(stream);
    return;
  }
  if (!bodiless && (!endStream || stream.m_hasLength)) {
    const bool length = stream.m_hasLength && (endStream || !mayHaveTrailers(head.fields));
    framing =
        length ? Framing{BodyFraming::Length, stream.m_contentLength} : Framing{BodyFraming::Chunked, 0};
  }
  stream.m_handler.onHead(head, framing);
}

/// Resets the stream for an answer that the library accepts, but that we do not.
void H2ClientSession::refuse(H2ClientStream& stream) {
  stream.cancel(H2Error::ProtocolError);
  stream.m_handler.onReset(H2Error::ProtocolError, false);
}

void H2ClientSession::takeContent(std::int32_t id, ByteView data) {
  nghttp2_session_consume_connection(m_session, data.size());
  H2ClientStream* stream = find(id);
  if (stream == nullptr) {
    nghttp2_session_consume_stream(m_session, id, data.size());
    return;
  }
  if (!stream->m_gotFinal || (stream->m_isCounted && data.size() > stream->m_remaining)) {
    refuse(*stream);
    return;
  }
  stream->m_remaining -= stream->m_isCounted ? data.size() : 0;
  stream->m_handler.onContent(data);
  if (find(id) == stream && stream->m_paused) {
    stream->m_unconsumed += data.size();
  } else {
    nghttp2_session_consume_stream(m_session, id, data.size());
  }
}

void H2ClientSession::takeEnd(H2ClientStream& stream) {
  if (stream.m_isCounted && stream.m_remaining != 0) {
    refuse(stream);
    return;
  }
  stream.m_gotAll = true;
  stream.m_handler.onEnd();
}

void H2ClientSession::streamClosed(std::int32_t id, std::uint32_t code) {
  --m_open;
  if (H2ClientStream* stream = find(id); stream != nullptr) {
    const bool unprocessed = code == NGHTTP2_REFUSED_STREAM && !stream->m_gotFinal && !stream->m_gotInterim;
    const bool whole = stream->m_gotAll && stream->m_sentAll && code == NGHTTP2_NO_ERROR;
    static_cast<ListHook<>&>(*stream).unlink();
    stream->m_session = nullptr;
    stream->m_queue.clear();
    if (whole) {
      stream->m_handler.onClosed();
    } else {
      stream->m_handler.onReset(static_cast<H2Error>(code), unprocessed);
    }
  }
  m_handler.onSlotsChanged();
}

}  // namespace adit::http
