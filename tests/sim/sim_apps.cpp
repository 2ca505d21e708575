// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_apps.h"

#include <algorithm>
#include <array>

namespace adit::sim {

void StreamLog::onStreamData(transport::Stream& stream, ByteView data, bool end) {
  if (closed || fin) ++eventsAfterClose;
  if (keepBytes) {
    received += asText(data);
  } else {
    for (const std::uint8_t byte : data) patternHolds = patternHolds && byte == patternByte(bytes++);
    bytes -= data.size();
  }
  bytes += data.size();
  fin = fin || end;
  if (consumes) stream.consume(data.size());
  if (onData) onData(stream);
}

void StreamLog::onStreamReset(transport::Stream& stream, transport::AppErrorCode code) {
  if (closed || resetCode) ++eventsAfterClose;
  resetCode = code;
  if (onReset) onReset(stream);
}

void StreamLog::onStreamStopped(transport::Stream& stream, transport::AppErrorCode code) {
  if (closed || stopCode) ++eventsAfterClose;
  stopCode = code;
  if (onStop) onStop(stream);
}

void StreamLog::onStreamWritable(transport::Stream& stream) {
  if (closed) ++eventsAfterClose;
  ++writable;
  if (onWritable) onWritable(stream);
}

void StreamLog::onStreamClosed(transport::Stream& stream) {
  if (closed) ++eventsAfterClose;
  closed = true;
  if (onClose) onClose(stream);
}

std::pair<transport::Stream*, StreamLog*> ConnectionLog::open(transport::Link& on) {
  transport::Stream* stream = on.openStream();
  if (stream == nullptr) return {nullptr, nullptr};
  auto& log = streams[stream->id()];
  log = std::make_unique<StreamLog>();
  stream->setHandler(log.get());
  return {stream, log.get()};
}

void ConnectionLog::onConnected(transport::Link& on) {
  if (closed || connected) ++eventsAfterClose;
  connection = &on;
  connected = true;
  if (onConnect) onConnect(on);
}

void ConnectionLog::onStreamOpened(transport::Link&, transport::Stream& stream) {
  if (closed) ++eventsAfterClose;
  auto& log = streams[stream.id()];
  log = std::make_unique<StreamLog>();
  stream.setHandler(log.get());
  if (onOpened) onOpened(stream, *log);
}

void ConnectionLog::onStreamCredit(transport::Link& on) {
  if (closed) ++eventsAfterClose;
  ++credits;
  if (onCredit) onCredit(on);
}

void ConnectionLog::onLinkClosed(transport::Link&, const transport::CloseInfo& info) {
  if (closed) ++eventsAfterClose;
  for (const auto& [id, log] : streams) eventsAfterClose += log->closed ? 0 : 1;  // streams are told first
  closed = info;
  connection = nullptr;
}

void EchoServer::onStreamOpened(transport::Link&, transport::Stream& stream) {
  ++open;
  ++opened;
  stream.setHandler(this);
}

void EchoServer::onStreamData(transport::Stream& stream, ByteView data, bool fin) {
  stream.sendCopy(data);
  stream.consume(data.size());
  if (fin) stream.finish();
}

PatternSource::PatternSource(transport::Stream& stream, StreamLog& log, std::uint64_t total)
    : m_total(total) {
  log.onWritable = [this](transport::Stream& writable) { pump(writable); };
  pump(stream);
}

void PatternSource::pump(transport::Stream& stream) {
  std::array<std::uint8_t, 8192> block;
  while (m_offset < m_total && stream.unsentBytes() < transport::kSendHighWater) {
    const std::size_t count = std::min<std::uint64_t>(block.size(), m_total - m_offset);
    for (std::size_t i = 0; i < count; ++i) block[i] = patternByte(m_offset + i);
    stream.sendCopy(std::span(block).first(count));
    m_offset += count;
    if (m_offset == m_total) stream.finish();
  }
}

}  // namespace adit::sim
