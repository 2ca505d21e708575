// SPDX-License-Identifier: Apache-2.0
#include "core/http/h2_client_stream.h"

#include <nghttp2/nghttp2.h>

#include "core/http/h2_client_session.h"

namespace adit::http {

H2ClientStream::~H2ClientStream() { cancel(H2Error::Cancel); }

/// Ready for the next request; keeps its buffers.
void H2ClientStream::reset() {
  m_id = -1;
  m_queue.clear();
  m_trailers.clear();
  m_text.clear();
  m_entries.clear();
  m_unconsumed = 0;
  m_contentLength = 0;
  m_status = 0;
  m_finished = m_sentAll = m_deferred = false;
  m_hasLength = m_isCounted = m_isHead = m_gotInterim = m_gotFinal = m_gotAll = m_paused = m_peerReset =
      false;
}

/// The library asks for content again.
void H2ClientStream::wake() {
  if (m_deferred) {
    m_deferred = false;
    nghttp2_session_resume_data(m_session->m_session, m_id);
  }
  m_session->m_handler.onOutputReady();
}

void H2ClientStream::sendContent(Slice data) {
  if (!isOpen() || m_finished || data.empty()) return;
  m_queue.gather(std::move(data));
  wake();
}

void H2ClientStream::finish() {
  if (!isOpen() || m_finished) return;
  m_finished = true;
  if (!m_sentAll) wake();
}

void H2ClientStream::cancel(H2Error code) {
  if (!isOpen()) return;
  H2ClientSession& session = *m_session;
  const std::int32_t id = m_id;
  const bool over = m_gotAll && m_sentAll;
  session.detach(*this);
  if (over) return;
  nghttp2_submit_rst_stream(session.m_session, NGHTTP2_FLAG_NONE, id, static_cast<std::uint32_t>(code));
  // Visitors who come and go decide how many these are. One that finds the bucket empty is sent all the same:
  // the origin should not work for nobody.
  session.m_resets.take(session.m_now);
  session.m_handler.onOutputReady();
}

void H2ClientStream::resume() {
  m_paused = false;
  if (!isOpen() || m_unconsumed == 0) return;
  nghttp2_session_consume_stream(m_session->m_session, m_id, std::exchange(m_unconsumed, 0));
  m_session->m_handler.onOutputReady();
}

void H2ClientStream::fillFields() {
  m_head.fields.clear();
  const std::string_view text = m_text;
  for (const Entry& entry : m_entries) {
    m_head.fields.push_back(
        {text.substr(entry.name, entry.nameSize), text.substr(entry.value, entry.valueSize)});
  }
}

}  // namespace adit::http
