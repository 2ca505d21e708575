// SPDX-License-Identifier: Apache-2.0
// Control messages out of CBOR: every type, range and size is checked here, so that what leaves is safe to
// act on.
#include <algorithm>
#include <unordered_set>

#include <spdlog/fmt/fmt.h>

#include "core/wire/cbor.h"
#include "core/wire/control_messages.h"
#include "core/wire/varint.h"

namespace adit::wire {

namespace {

enum class Characters {
  Any,      ///< UTF-8, for people.
  Visible,  ///< ASCII without space and controls, for machines.
};
struct Size {
  std::size_t min;
  std::size_t max;
};
enum class Key { Known, Unknown };

/// Reads values and keeps the first error. `where` names the map being read.
class Decoder {
 public:
  explicit Decoder(ByteView payload) noexcept : m_reader(payload) {}

  /// A map whose keys ascend strictly, so that none comes twice. `onKey` reads the value of a key it knows;
  /// `required` has bit n set where key n must be there.
  template <typename OnKey>
  void map(std::string_view where, std::uint32_t required, OnKey onKey) {
    m_where = where;
    std::uint64_t pairs = 0;
    if (!m_reader.map(pairs)) return malformed("is not a map");
    std::uint64_t previous = 0;
    std::uint32_t seen = 0;
    for (std::uint64_t i = 0; i < pairs && ok(); ++i) {
      std::uint64_t key = 0;
      if (!m_reader.number(key)) return malformed("has a key that is not an unsigned integer");
      if (i > 0 && key <= previous) return malformed("has a key twice or out of order");
      previous = key;
      m_key = key;
      if (key < 32) seen |= std::uint32_t{1} << key;
      if (onKey(key) == Key::Unknown && !m_reader.skip())
        return malformed("has an unknown key whose value is not well-formed");
      m_where = where;  // a list of maps changes it
    }
    if (ok() && (required & ~seen) != 0) malformed("lacks a key it must have");
  }

  template <typename Number>
  Key number(Number& value, std::uint64_t min, std::uint64_t max) {
    std::uint64_t read = 0;
    if (!m_reader.number(read)) {
      malformed("is not an unsigned integer in its shortest form", m_key);
    } else if (read < min || read > max) {
      malformed(fmt::format("is {}, outside {} to {}", read, min, max), m_key);
    } else {
      value = static_cast<Number>(read);
    }
    return Key::Known;
  }

  Key boolean(bool& value) {
    if (!m_reader.boolean(value)) malformed("is not a boolean", m_key);
    return Key::Known;
  }

  Key text(std::string& value, Size size, Characters characters) {
    std::string_view read;
    if (!m_reader.text(read)) {
      malformed("is not a UTF-8 text", m_key);
    } else if (read.size() > size.max) {
      exceeded(fmt::format("has {} bytes; {} are allowed", read.size(), size.max));
    } else if (read.size() < size.min) {
      malformed("is empty", m_key);
    } else if (characters == Characters::Visible &&
               !std::all_of(read.begin(), read.end(), [](char c) { return c > 0x20 && c < 0x7f; })) {
      malformed("has a character that is not visible ASCII", m_key);
    } else {
      value = read;
    }
    return Key::Known;
  }

  /// A list of at most `limit`; `onItem` reads each into its place.
  template <typename Item, typename OnItem>
  Key list(std::vector<Item>& items, std::size_t limit, OnItem onItem) {
    std::uint64_t count = 0;
    if (!m_reader.array(count)) {
      malformed("is not a list", m_key);
    } else if (count > limit) {
      exceeded(fmt::format("has {} entries; {} are allowed", count, limit));
    } else {
      items.resize(static_cast<std::size_t>(count));
      for (auto it = items.begin(); it != items.end() && ok(); ++it) onItem(*it);
    }
    return Key::Known;
  }

  Key capabilities(std::vector<std::string>& values) {
    return list(values, kMaxCapabilities, [this](std::string& value) {
      text(value, {1, kMaxCapability}, Characters::Visible);
    });
  }

  void malformed(std::string_view problem) {
    keep(ErrorCode::Malformed, fmt::format("{} {}", m_where, problem));
  }
  void malformed(std::string_view problem, std::uint64_t key) {
    keep(ErrorCode::Malformed, fmt::format("{}: the value of key {} {}", m_where, key, problem));
  }
  [[nodiscard]] bool ok() const noexcept { return !m_failed; }

  /// The message, unless something was wrong or is left over.
  template <typename Message>
  Result<ControlMessage> finish(Message&& message) {
    if (ok() && !m_reader.atEnd()) malformed("has bytes after its end");
    if (!ok()) return fail(std::move(m_error));
    return ControlMessage(std::forward<Message>(message));
  }

 private:
  void exceeded(std::string_view problem) {
    keep(ErrorCode::LimitExceeded, fmt::format("{}: the value of key {} {}", m_where, m_key, problem));
  }
  void keep(ErrorCode code, std::string detail) {
    if (m_failed) return;
    m_failed = true;
    m_error = Error{code, std::move(detail), 0};
  }

  cbor::Reader m_reader;
  std::string_view m_where;
  std::uint64_t m_key = 0;
  bool m_failed = false;
  Error m_error;
};

constexpr std::uint32_t bits(std::initializer_list<unsigned> keys) {
  std::uint32_t mask = 0;
  for (const unsigned key : keys) mask |= std::uint32_t{1} << key;
  return mask;
}

constexpr std::string_view kUrlSchemes[] = {"http://", "https://", "tcp://", "udp://"};
constexpr std::uint64_t kAny64 = ~std::uint64_t{0};
constexpr std::uint64_t kAny32 = 0xffff'ffff;
/// Seconds since 1970 that every calendar function takes: to the year 9999.
constexpr std::uint64_t kAnyTime = 253'402'300'799;

Result<ControlMessage> readLogin(Decoder in) {
  Login message;
  in.map("Login", bits({1, 2, 3}), [&](std::uint64_t key) {
    switch (key) {
      case 1:
        return in.number(message.minVersion, 1, kAny32);
      case 2:
        return in.number(message.maxVersion, message.minVersion, kAny32);
      case 3:
        return in.text(message.token, {1, kMaxToken}, Characters::Visible);
      case 4:
        return in.text(message.clientName, {0, kMaxClientName}, Characters::Any);
      case 5:
        return in.text(message.agent, {0, kMaxAgent}, Characters::Any);
      case 6:
        return in.capabilities(message.capabilities);
      case 7:
        return in.text(message.instance, {1, kMaxInstance}, Characters::Visible);
      case 8:
        return in.number(message.processId, 0, kAny32);
      case 9:
        return in.number(message.startedUnix, 0, kAnyTime);
      case 10:
        return in.text(message.program, {0, kMaxProgram}, Characters::Any);
      default:
        return Key::Unknown;
    }
  });
  return in.finish(std::move(message));
}

Result<ControlMessage> readLoginAccepted(Decoder in) {
  LoginAccepted message;
  in.map("LoginAccepted", bits({1, 2, 3, 4, 5}), [&](std::uint64_t key) {
    switch (key) {
      case 1:
        return in.number(message.version, 1, kAny32);
      case 2:
        return in.text(message.session, {1, kMaxSessionId}, Characters::Visible);
      case 3:
        return in.text(message.domain, {1, kMaxDomain}, Characters::Visible);
      case 4:
        return in.number(message.maxTunnels, 0, kAny32);
      case 5:
        return in.number(message.heartbeatMs, kMinHeartbeatMs, kMaxHeartbeatMs);
      case 6:
        return in.capabilities(message.capabilities);
      default:
        return Key::Unknown;
    }
  });
  return in.finish(std::move(message));
}

Result<ControlMessage> readLoginRefused(Decoder in) {
  LoginRefused message;
  in.map("LoginRefused", bits({1}), [&](std::uint64_t key) {
    switch (key) {
      case 1:
        return in.text(message.code, {1, kMaxErrorCode}, Characters::Visible);
      case 2:
        return in.text(message.message, {0, kMaxSentence}, Characters::Any);
      default:
        return Key::Unknown;
    }
  });
  return in.finish(std::move(message));
}

/// True where every entry has an id of its own.
template <typename Entry>
bool idsDiffer(const std::vector<Entry>& entries) {
  std::unordered_set<std::uint64_t> seen;
  seen.reserve(entries.size());
  return std::all_of(entries.begin(), entries.end(),
                     [&seen](const Entry& entry) { return seen.insert(entry.id).second; });
}

Result<ControlMessage> readDeclare(Decoder in) {
  Declare message;
  const auto readTunnel = [&in](TunnelDeclaration& tunnel) {
    in.map("a tunnel of Declare", bits({1, 2}), [&](std::uint64_t key) {
      switch (key) {
        case 1:
          return in.number(tunnel.id, 0, kVarintMax);
        case 2:
          return in.number(tunnel.kind, 1, 255);
        case 3:
          return in.text(tunnel.name, {0, kMaxTunnelName}, Characters::Any);
        case 4:
          return in.boolean(tunnel.takeOver);
        case 5:
          return in.boolean(tunnel.chosen);
        default:
          return Key::Unknown;
      }
    });
  };
  in.map("Declare", bits({1, 2}), [&](std::uint64_t key) {
    switch (key) {
      case 1:
        return in.number(message.revision, 1, kAny64);
      case 2:
        return in.list(message.tunnels, kMaxTunnels, readTunnel);
      default:
        return Key::Unknown;
    }
  });
  if (in.ok() && !idsDiffer(message.tunnels)) in.malformed("has two tunnels of one id");
  return in.finish(std::move(message));
}

/// What a person may click on must not be anything but an address of the web or of a socket.
bool isPublicAddress(std::string_view url) {
  return std::any_of(std::begin(kUrlSchemes), std::end(kUrlSchemes),
                     [url](std::string_view scheme) { return url.starts_with(scheme); });
}

Key readHolder(Decoder& in, NameHolder& holder) {
  in.map("the holder in an answer", 0, [&](std::uint64_t key) {
    switch (key) {
      case 1:
        return in.text(holder.device, {0, kMaxClientName}, Characters::Any);
      case 2:
        return in.text(holder.program, {0, kMaxProgram}, Characters::Any);
      case 3:
        return in.number(holder.processId, 0, kAny32);
      case 4:
        return in.number(holder.startedUnix, 0, kAnyTime);
      case 5:
        return in.boolean(holder.ownDevice);
      default:
        return Key::Unknown;
    }
  });
  return Key::Known;
}

Result<ControlMessage> readDeclared(Decoder in) {
  Declared message;
  const auto readAnswer = [&in](TunnelAnswer& answer) {
    in.map("an answer of Declared", bits({1, 2}), [&](std::uint64_t key) {
      switch (key) {
        case 1:
          return in.number(answer.id, 0, kVarintMax);
        case 2:
          return in.boolean(answer.accepted);
        case 3:
          return in.text(answer.name, {1, kMaxTunnelName}, Characters::Visible);
        case 4:
          return in.text(answer.url, {1, kMaxUrl}, Characters::Visible);
        case 5:
          return in.text(answer.code, {1, kMaxErrorCode}, Characters::Visible);
        case 6:
          return in.text(answer.message, {0, kMaxSentence}, Characters::Any);
        case 7:
          return in.number(answer.plainPort, 1, 65535);
        case 8:
          return in.boolean(answer.selfSigned);
        case 9:
          return readHolder(in, answer.holder.emplace());
        default:
          return Key::Unknown;
      }
    });
    if (!in.ok()) return;
    if (answer.accepted && (answer.name.empty() || !isPublicAddress(answer.url))) {
      in.malformed("accepts a tunnel without a name and a public address");
    }
    if (!answer.accepted && answer.code.empty()) in.malformed("refuses a tunnel without a code");
  };
  in.map("Declared", bits({1, 2}), [&](std::uint64_t key) {
    switch (key) {
      case 1:
        return in.number(message.revision, 1, kAny64);
      case 2:
        return in.list(message.answers, kMaxTunnels, readAnswer);
      default:
        return Key::Unknown;
    }
  });
  if (in.ok() && !idsDiffer(message.answers)) in.malformed("has two answers of one id");
  return in.finish(std::move(message));
}

template <typename PingOrPong>
Result<ControlMessage> readNonce(Decoder in, std::string_view name) {
  PingOrPong message;
  in.map(name, bits({1}),
         [&](std::uint64_t key) { return key == 1 ? in.number(message.nonce, 0, kAny64) : Key::Unknown; });
  return in.finish(std::move(message));
}

Result<ControlMessage> readDrain(Decoder in) {
  Drain message;
  in.map("Drain", bits({1}), [&](std::uint64_t key) {
    switch (key) {
      case 1:
        return in.number(message.deadlineMs, 0, kAny32);
      case 2:
        return in.text(message.reason, {0, kMaxSentence}, Characters::Any);
      default:
        return Key::Unknown;
    }
  });
  return in.finish(std::move(message));
}

Result<ControlMessage> readWithdrawn(Decoder in) {
  Withdrawn message;
  in.map("Withdrawn", bits({1, 2}), [&](std::uint64_t key) {
    switch (key) {
      case 1:
        return in.list(message.tunnels, kMaxTunnels,
                       [&in](std::uint64_t& id) { in.number(id, 0, kVarintMax); });
      case 2:
        return in.text(message.code, {1, kMaxErrorCode}, Characters::Visible);
      case 3:
        return in.text(message.message, {0, kMaxSentence}, Characters::Any);
      default:
        return Key::Unknown;
    }
  });
  return in.finish(std::move(message));
}

Result<ControlMessage> readRelease(Decoder in) {
  Release message;
  in.map("Release", bits({1, 2}), [&](std::uint64_t key) {
    switch (key) {
      case 1:
        return in.number(message.request, 0, kAny64);
      case 2:
        return in.text(message.name, {1, kMaxTunnelName}, Characters::Any);
      default:
        return Key::Unknown;
    }
  });
  return in.finish(std::move(message));
}

Result<ControlMessage> readReleased(Decoder in) {
  Released message;
  in.map("Released", bits({1, 2}), [&](std::uint64_t key) {
    switch (key) {
      case 1:
        return in.number(message.request, 0, kAny64);
      case 2:
        return in.boolean(message.released);
      case 3:
        return in.text(message.code, {1, kMaxErrorCode}, Characters::Visible);
      case 4:
        return in.text(message.message, {0, kMaxSentence}, Characters::Any);
      default:
        return Key::Unknown;
    }
  });
  if (in.ok() && !message.released && message.code.empty()) in.malformed("refuses without a code");
  return in.finish(std::move(message));
}

}  // namespace

Result<ControlMessage> decodePayload(std::uint64_t type, ByteView payload) {
  Decoder in(payload);
  switch (type) {
    case 1:
      return readLogin(std::move(in));
    case 2:
      return readLoginAccepted(std::move(in));
    case 3:
      return readLoginRefused(std::move(in));
    case 4:
      return readDeclare(std::move(in));
    case 5:
      return readDeclared(std::move(in));
    case 6:
      return readNonce<Ping>(std::move(in), "Ping");
    case 7:
      return readNonce<Pong>(std::move(in), "Pong");
    case 8:
      return readDrain(std::move(in));
    case 9:
      return readWithdrawn(std::move(in));
    case 10:
      return readRelease(std::move(in));
    case 11:
      return readReleased(std::move(in));
    default:
      return fail(ErrorCode::Unsupported, fmt::format("control message type {} is unknown", type));
  }
}

}  // namespace adit::wire
