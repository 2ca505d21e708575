// SPDX-License-Identifier: Apache-2.0
#include "core/server/request_observer.h"

#include <utility>

namespace adit::server {

void RequestTrace::tellBegin(RequestObserver& observer, const RequestBegin& begin) {
  m_observer = &observer;
  m_answered = false;
  m_id = begin.id;
  m_begun = begin.at;
  m_end = {};
  observer.onRequestBegin(begin);
}

void RequestTrace::tellHead(std::uint16_t status, Timestamp now) {
  m_end.status = status;
  m_end.untilHead = now - m_begun;
  m_observer->onResponseHead(m_id, status, now);
}

void RequestTrace::tellEnd(RequestOutcome outcome, Timestamp now, wire::AppError code) {
  m_end.outcome = outcome;
  m_end.code = code;
  m_end.duration = now - m_begun;
  std::exchange(m_observer, nullptr)->onRequestEnd(m_id, m_end);
}

void RequestTrace::endWith(http::Problem problem, Timestamp now, wire::AppError code) {
  if (m_observer == nullptr) return;
  m_end.problem = problem;
  tellHead(http::statusOf(problem), now);
  tellEnd(RequestOutcome::Problem, now, code);
}

}  // namespace adit::server
