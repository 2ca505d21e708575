// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/link_rogues.h"

#include <utility>

#include "core/wire/control_messages.h"

namespace adit::sim {

using namespace std::chrono_literals;
using namespace std::string_literals;
using wire::AppError;

namespace {

constexpr std::uint64_t kRefusalType = 3;

std::string loginBytes(const std::string& token, std::uint32_t version = 1) {
  wire::Login login;
  login.token = token;
  login.instance = "rogue";
  login.minVersion = login.maxVersion = version;
  return wire::encode(login);
}

std::string acceptedBytes(std::uint32_t version = 1) {
  wire::LoginAccepted accepted;
  accepted.version = version;
  accepted.session = "s";
  accepted.domain = "sim";
  accepted.maxTunnels = 10;
  accepted.heartbeatMs = 5000;
  return wire::encode(accepted);
}

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

}  // namespace

std::vector<RogueAct> rogueClientActs(const std::string& goodToken) {
  const std::string head("\x01\x00", 2), login = head + loginBytes(goodToken);
  const std::string ping = wire::encode(wire::Ping{1}), unknown("\x3f\x02hi", 4);
  const std::string declare = wire::encode(wire::Declare{5, {}});
  const std::string drain = wire::encode(wire::Drain{1000, ""});
  return {
      {"no stream", {}, RogueEnd::None, AppError::LoginTimeout, 5s},
      {"half a head", "\x01"s, RogueEnd::None, AppError::LoginTimeout, 5s},
      {"no login", head, RogueEnd::None, AppError::LoginTimeout, 5s},
      {"half a login", login.substr(0, 9), RogueEnd::None, AppError::LoginTimeout, 5s},
      {"a request's stream first", "\x02\x03\x07\x00\x00"s, RogueEnd::None, AppError::Protocol, {}},
      {"an unknown kind first", "\x2a\x00"s, RogueEnd::None, AppError::Protocol, {}},
      {"a head too long", "\x01\x3f"s, RogueEnd::None, AppError::Malformed, {}},
      {"Ping before Login", head + ping, RogueEnd::None, AppError::Protocol, {}},
      {"Login twice", login + loginBytes(goodToken), RogueEnd::None, AppError::Protocol, {}},
      {"no CBOR", head + "\x01\x01\xff", RogueEnd::None, AppError::Malformed, {}},
      {"a Login too long", head + "\x01\x50\x01"s, RogueEnd::None, AppError::LimitExceeded, {}},
      {"a server's message", login + acceptedBytes(), RogueEnd::None, AppError::Protocol, {}},
      {"a revision twice", login + declare + declare, RogueEnd::None, AppError::Protocol, {}},
      {"a flood", login + repeated(ping, 600), RogueEnd::None, AppError::LimitExceeded, {}},
      {"a flood of nothing", login + repeated(unknown, 600), RogueEnd::None, AppError::LimitExceeded, {}},
      {"FIN", login, RogueEnd::Fin, AppError::Protocol, {}},
      {"RESET_STREAM", login, RogueEnd::Reset, AppError::Protocol, {}},
      {"STOP_SENDING", login, RogueEnd::Stop, AppError::Protocol, {}},
      {"FIN behind Drain", login + drain, RogueEnd::Fin, AppError::NoError, {}},
      {"Drain and stay", login + drain, RogueEnd::None, AppError::NoError, 6s},
      {"silence", login, RogueEnd::None, AppError::HeartbeatLost, 15s},
      {"messages to skip", login + repeated(unknown, 9), RogueEnd::None, {}, 5s},
      {"a stream of an unknown kind", login, RogueEnd::None, {}, 5s, "\x2a\x00"s},
      {"a stream that is the server's to open", login, RogueEnd::None, {}, 5s, "\x02\x03\x07\x00\x00"s},
      {"no such token", head + loginBytes("none"), RogueEnd::None, AppError::LoginRefused, 2s, {}, true},
      {"no such version",
       head + loginBytes(goodToken, 9),
       RogueEnd::None,
       AppError::VersionMismatch,
       2s,
       {},
       true},
  };
}

std::vector<RogueAct> rogueServerActs() {
  const std::string accepted = acceptedBytes();
  const wire::Declared neverAsked{99, {}};
  return {
      {"no answer", {}, RogueEnd::None, AppError::LoginTimeout, 10s},
      {"FIN instead of an answer", {}, RogueEnd::Fin, AppError::Protocol, {}},
      {"FIN", accepted, RogueEnd::Fin, AppError::Protocol, {}},
      {"RESET_STREAM", accepted, RogueEnd::Reset, AppError::Protocol, {}},
      {"STOP_SENDING", accepted, RogueEnd::Stop, AppError::Protocol, {}},
      {"Drain and FIN",
       accepted + wire::encode(wire::Drain{1000, ""}),
       RogueEnd::Fin,
       AppError::Protocol,
       {}},
      {"no CBOR", accepted + "\x05\x01\xff", RogueEnd::None, AppError::Malformed, {}},
      {"a message too long", accepted + "\x05\x80\x20\x00\x00"s, RogueEnd::None, AppError::LimitExceeded, {}},
      {"a version that was not offered", acceptedBytes(7), RogueEnd::None, AppError::VersionMismatch, {}},
      {"an answer to nothing", accepted + wire::encode(neverAsked), RogueEnd::None, AppError::Protocol, {}},
      {"LoginAccepted twice", accepted + accepted, RogueEnd::None, AppError::Protocol, {}},
      {"Ping before the answer", wire::encode(wire::Ping{1}), RogueEnd::None, AppError::Protocol, {}},
      {"no Pong", accepted, RogueEnd::None, AppError::HeartbeatLost, 15s},
      {"a stream of an unknown kind", accepted, RogueEnd::None, {}, 4s, "\x2a\x00"s},
  };
}

void Rogue::play(SimLink& link) {
  m_link = &link;
  m_madeAt = m_schedule.now();
  link.setHandler(this);
  const bool isClient = &link == &link.wire().client;
  link.wire().oracle.excuse(isClient ? LinkOracle::Side::Client : LinkOracle::Side::Server);
}

void Rogue::onConnected(transport::Link& link) {
  m_madeAt = m_schedule.now();
  if (act.bytes.empty()) {
    m_done = true;
    return;
  }
  m_control = link.openStream();
  m_control->setHandler(this);
  misbehave();
}

void Rogue::misbehave() {
  if (std::exchange(m_done, true) || m_control == nullptr) return;
  m_madeAt = m_schedule.now();
  m_control->sendCopy(asBytes(act.bytes));
  if (act.end == RogueEnd::Fin) m_control->finish();
  // An abort overtakes what was sent: it comes a moment later.
  const auto endAfter = [this](auto&& how) {
    m_schedule.after(3s, [this, how] {
      if (m_control != nullptr && !m_over) how(*m_control);
    });
  };
  if (act.end == RogueEnd::Reset) endAfter([](transport::Stream& control) { control.reset(0); });
  if (act.end == RogueEnd::Stop) endAfter([](transport::Stream& control) { control.stopSending(0); });
  if (act.otherStream.empty()) return;
  m_schedule.after(2s, [this] {
    if (m_over || m_link == nullptr) return;
    m_other = m_link->openStream();
    if (m_other == nullptr) return;
    m_other->setHandler(this);
    m_other->sendCopy(asBytes(act.otherStream));
  });
}

void Rogue::onStreamOpened(transport::Link&, transport::Stream& stream) {
  if (m_control == nullptr) m_control = &stream;
  stream.setHandler(m_control == &stream ? this : nullptr);
}

void Rogue::onStreamData(transport::Stream& stream, ByteView data, bool) {
  stream.consume(data.size());
  m_heard.feed(asText(data));
  while (const auto message = m_heard.next()) m_gotRefusal = m_gotRefusal || message->type == kRefusalType;
  misbehave();
}

void Rogue::onStreamReset(transport::Stream& stream, transport::AppErrorCode code) {
  if (&stream == m_other) m_otherReset = code;
}

void Rogue::onStreamClosed(transport::Stream& stream) {
  if (&stream == m_control) m_control = nullptr;
  if (&stream == m_other) m_other = nullptr;
}

void Rogue::onLinkClosed(transport::Link&, const transport::CloseInfo&) { m_over = true; }

std::string Rogue::judge(Duration slack) const {
  if (isExcused || !m_done || m_link == nullptr) return {};
  const std::string what = std::string("after '") + act.name + "' ";
  if (!act.otherStream.empty() && m_otherReset != static_cast<transport::AppErrorCode>(AppError::Protocol))
    return what + "the stream was not reset with Protocol";
  const LinkOracle& oracle = m_link->wire().oracle;
  const LinkOracle::Side other =
      m_link == &m_link->wire().client ? LinkOracle::Side::Server : LinkOracle::Side::Client;
  const auto code = oracle.closedWith(other);
  const Timestamp due = m_madeAt + act.within;
  if (!act.code) {
    if (!code || oracle.closedAt(other) >= due) return {};
    return what + "the connection was closed with code " + std::to_string(*code);
  }
  if (!code) return what + "the connection was not closed";
  if (*code != static_cast<transport::AppErrorCode>(*act.code))
    return what + "the connection was closed with code " + std::to_string(*code) + " instead of " +
           std::string(toString(*act.code));
  if (oracle.closedAt(other) > due + slack) return what + "the connection was closed late";
  if (act.waitsForRefusal && !m_gotRefusal) return what + "nobody was told why";
  return {};
}

}  // namespace adit::sim
