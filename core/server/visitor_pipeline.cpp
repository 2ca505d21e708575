// SPDX-License-Identifier: Apache-2.0
// What comes ahead on a VisitorConnection: bytes after the current request wait, are read when their turn
// comes, and move along when the next request belongs to another worker.
#include <algorithm>

#include "core/server/h2_visitor.h"
#include "core/server/visitor_connection.h"
#include "core/server/visitor_services.h"

namespace adit::server {

namespace {

/// More than this unsent for a visitor: its next pipelined request waits.
constexpr std::size_t kMaxQueuedBetweenRequests = 64 * 1024;

}  // namespace

void VisitorConnection::resumeWith(std::string_view received) {
  m_services.loop.writer().copyAll(asBytes(received),
                                   [this](Slice piece) { holdForLater(std::move(piece)); });
  startNextRequest();
}

/// HTTP/2 with prior knowledge (RFC 9113 section 3.3) begins with a preface that is no request. True: these
/// bytes are taken care of.
bool VisitorConnection::startsHttp2(std::string_view text) {
  const std::size_t known = std::min(text.size(), http::kH2Preface);
  if (text.substr(0, known) != http::kH2PrefaceText.substr(0, known)) {
    become(VisitorState::Head);
    return false;
  }
  if (known < http::kH2Preface) {
    if (m_head.empty()) m_head.assign(text);
    return true;
  }
  std::string received(text);
  for (std::size_t i = 0; i < m_behind.count(); ++i) received.append(m_behind.at(i).text());
  const SliceQueue unread = m_socket->takeUnread();
  for (std::size_t i = 0; i < unread.count(); ++i) received.append(unread.at(i).text());
  if (auto socket = m_socket->detach())
    m_services.host.adopt({std::move(socket), &H2Visitor::factory(), m_scheme, m_peer, std::move(received)});
  destroy();
  return true;
}

void VisitorConnection::moveTo(unsigned worker, std::string_view headBytes, const Slice& rest) {
  std::string received(headBytes);
  received.append(rest.text());
  // What follows in m_behind stays there: a deferred move puts it behind what it pushes here.
  for (std::size_t i = 0; i < m_ahead.count(); ++i) received.append(m_ahead.at(i).text());
  if (m_socket->queuedBytes() > 0) {
    // The end of an earlier answer is still going out: come back when it has gone.
    m_socket->flushNow();
    if (m_state == VisitorState::Closed) return;
    if (m_socket->queuedBytes() > 0) {
      become(VisitorState::Moving);
      m_head.clear();
      m_ahead.clear();
      m_services.loop.writer().copyAll(asBytes(received),
                                       [this](Slice piece) { m_ahead.push(std::move(piece)); });
      m_socket->pauseReading(net::PauseReason::AwaitingTurn);
      waitFor(Waiting::Writing);
      return;
    }
  }
  for (std::size_t i = 0; i < m_behind.count(); ++i) received.append(m_behind.at(i).text());
  m_behind.clear();
  const SliceQueue unread = m_socket->takeUnread();
  for (std::size_t i = 0; i < unread.count(); ++i) received.append(unread.at(i).text());
  if (auto socket = m_socket->detach())
    m_services.host.move(worker, {std::move(socket), &factory(), m_scheme, m_peer, std::move(received)});
  destroy();
}

void VisitorConnection::holdForLater(Slice rest) {
  m_ahead.push(std::move(rest));
  m_socket->pauseReading(net::PauseReason::AwaitingTurn);
}

void VisitorConnection::startNextRequest() {
  const auto wantsMore = [this] {
    if (readsHead(m_state)) return m_socket->queuedBytes() <= kMaxQueuedBetweenRequests;
    return readsContent(m_state);
  };
  // One piece at a time: each may hold several requests, or a part of one.
  while (!m_ahead.empty() && wantsMore()) {
    Slice piece = m_ahead.at(0);
    m_ahead.consume(piece.size());
    // What follows this piece must stay behind what the request leaves over of it.
    std::swap(m_behind, m_ahead);
    if (readsHead(m_state)) {
      readHead(std::move(piece));
    } else {
      forwardBody(std::move(piece));
    }
    for (std::size_t i = 0; i < m_behind.count(); ++i) m_ahead.push(m_behind.at(i));
    m_behind.clear();
  }
  // Whatever the phase: the rest of a body, or the visitor's end, is read while its request is answered.
  if (m_ahead.empty()) m_socket->resumeReading(net::PauseReason::AwaitingTurn);
}

}  // namespace adit::server
