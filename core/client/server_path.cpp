// SPDX-License-Identifier: Apache-2.0
#include "core/client/server_path.h"

#include <utility>

#include "core/base/log.h"
#include "core/wire/error_codes.h"

namespace adit::client {

ServerPath::ServerPath(transport::DialParams params, std::size_t addressIndex,
                       std::unique_ptr<transport::DialedLink> dialed)
    : m_params(std::move(params)),
      m_addressIndex(addressIndex),
      m_dialed(std::move(dialed)),
      m_link(&m_dialed->link()) {}

Result<std::unique_ptr<ServerPath>> ServerPath::open(transport::Dialer& dialer,
                                                     const transport::DialParams& params,
                                                     std::size_t addressIndex,
                                                     transport::LinkHandler& handler) {
  auto dialed = dialer.dial(params, handler);
  if (!dialed) return fail(std::move(dialed.error()));
  return std::unique_ptr<ServerPath>(new ServerPath(params, addressIndex, std::move(*dialed)));
}

ServerPath::~ServerPath() {
  // No more calls to a handler that may be half gone.
  if (m_link != nullptr) m_link->setHandler(nullptr);
}

Timestamp ServerPath::lastHeard() const { return m_link == nullptr ? Timestamp{} : m_link->lastHeard(); }

Duration ServerPath::roundTrip() const {
  return m_link == nullptr ? Duration::zero() : m_link->stats().smoothedRtt;
}

void ServerPath::move() {
  if (auto moved = m_dialed->move(); !moved) logWarning("client", "{}", moved.error().describe());
}

void ServerPath::abandon() {
  if (m_link == nullptr) return;
  m_link->setHandler(nullptr);
  m_link->close(static_cast<transport::AppErrorCode>(wire::AppError::NoError), "");
  m_link = nullptr;
}

}  // namespace adit::client
