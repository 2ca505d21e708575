// SPDX-License-Identifier: Apache-2.0
#include "core/server/server_config.h"

namespace adit::server {

ConfigReader::ConfigReader(const ConfigSource& source, net::EventLoop& loop,
                           std::function<void(const ServerConfig&)> changed)
    : m_source(source),
      m_loop(loop),
      m_changed(std::move(changed)),
      m_version(source.version()),
      m_turn(loop.counters().turns),
      m_config(source.current()) {}

void ConfigReader::look() {
  m_turn = m_loop.counters().turns;
  const std::uint64_t version = m_source.version();
  if (version == m_version) return;
  m_version = version;
  m_config = m_source.current();
  if (m_changed) m_changed(*m_config);
}

}  // namespace adit::server
