// SPDX-License-Identifier: Apache-2.0
// A visitor's HTTP/2 connection, driven frame by frame: the input says which frames come and what the server
// does meanwhile. Whatever is accepted as a request can be framed for the client, reads back the same and
// parses as one HTTP/1.1 message; content never exceeds its length; the session's promises hold.
//
// Input: steps of an operation byte and its arguments. Below 0x80 a frame: type, flags, stream, size of the
// payload and the payload; from there on the server's side.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/http/h2_server_session.h"
#include "core/http/semantics.h"
#include "core/wire/http_frames.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;

namespace {

void follow(http::H2ServerRequest& request) {
  http::RequestHead& head = request.head;
  require(isClean(head.fields), "accepted fields are clean");
  require(head.target.starts_with("/") || head.target == "*", "the target is in origin-form");
  require(!http::hostOf(head.authority).empty(), "the authority is valid");
  for (const http::Field& field : head.fields) {
    require(!http::equalsIgnoreCase(field.name, "transfer-encoding") &&
                !http::equalsIgnoreCase(field.name, "connection") &&
                !http::equalsIgnoreCase(field.name, "content-length") &&
                !http::equalsIgnoreCase(field.name, "host"),
            "nothing frames or routes but the head itself");
  }
  http::removeHopByHop(head.fields, http::Direction::Request);
  const wire::RequestHeadFrame frame{&head, request.framing, request.webSocket, request.expectContinue};
  std::vector<std::uint8_t> payload(wire::requestHeadSize(frame));
  wire::writeRequestHead(frame, payload.data());
  http::RequestHead received;
  wire::RequestHeadFrame back;
  back.head = &received;
  require(wire::readRequestHead(payload, back).has_value(), "what is accepted can be framed");
  require(received.method == head.method && received.target == head.target &&
              received.authority == head.authority && back.framing.body == request.framing.body,
          "the frame keeps the request");

  std::string text(received.method);
  text.append(" ").append(received.target).append(" HTTP/1.1\r\nHost: ").append(received.authority);
  for (const http::Field& field : received.fields)
    text.append("\r\n").append(field.name).append(": ").append(field.value);
  if (back.framing.body == http::BodyFraming::Length)
    text.append("\r\nContent-Length: ").append(std::to_string(back.framing.length));
  if (back.framing.body == http::BodyFraming::Chunked) text.append("\r\nTransfer-Encoding: chunked");
  text.append("\r\n\r\n");
  http::RequestHead seen;
  http::RequestTraits traits;
  std::size_t scanned = 0;
  const auto result = http::parseRequestHead(text, {1 << 20, 1 << 20, 1 << 10}, scanned, seen, traits);
  require(result.status == http::ParseStatus::Complete && result.consumed == text.size(),
          "an HTTP/1.1 origin sees one message");
  require(seen.method == head.method && seen.target == head.target, "and the same request line");
}

struct Server;

class Stream final : public http::H2ServerStream {
 public:
  explicit Stream(Server& server) : m_server(server) {}
  std::uint64_t expected = 0, received = 0;
  bool hasLength = false, ended = false, closed = false, answered = false;

 private:
  void onRequestHead(http::H2ServerRequest& request) override {
    hasLength = request.framing.body == http::BodyFraming::Length;
    expected = request.framing.length;
    if (request.refusedWith == 0) follow(request);
  }
  void onRequestBody(ByteView data) override;
  void onRequestTrailers(std::span<const http::Field> fields) override {
    require(!closed && !ended && isClean({fields.begin(), fields.end()}), "trailers are clean and in time");
  }
  void onRequestEnd() override {
    require(!closed && !ended, "a request ends once");
    require(!hasLength || received == expected, "a whole request has its length");
    ended = true;
  }
  void onResponseSent(std::size_t) override { require(!closed, "nothing is sent of a closed stream"); }
  void onStreamClosed(http::H2Error) override {
    require(!closed, "a stream closes once");
    closed = true;
  }
  Server& m_server;
};

struct Server final : http::H2ServerSession::Handler, http::H2ServerSession::Output {
  SlabPool slabs;
  SlabWriter writer{slabs};
  http::H2ServerSession session{http::H2Limits{}, http::HeadLimits{}, *this};
  std::vector<std::unique_ptr<Stream>> streams;
  std::size_t room = 1 << 20;
  bool credits = true;

  void onMalformedRequest() override {}
  http::H2ServerStream* onRequest(http::H2ServerRequest&) override {
    streams.push_back(std::make_unique<Stream>(*this));
    return streams.back().get();
  }
  void write(ByteView bytes) override { room -= std::min(room, bytes.size()); }
  void write(Slice slice) override { write(slice.bytes()); }
  [[nodiscard]] bool hasRoom() const override { return room > 0; }

  Stream* pick(std::uint8_t index) {
    return streams.empty() ? nullptr : streams[index % streams.size()].get();
  }
  void answer(Stream& stream, std::uint8_t how) {
    if (stream.closed || stream.answered) return;
    http::ResponseHead head;
    head.status = 200;
    head.fields = {{"Server", "x"}, {"Connection", "y"}};
    const bool empty = (how & 1U) != 0;
    if ((how & 2U) != 0) {
      head.status = 103;
      session.sendInterim(stream, head);
      head.status = 200;
    }
    stream.answered = true;
    session.sendHead(stream, head, {empty ? http::BodyFraming::None : http::BodyFraming::Chunked, 0}, empty);
    if (empty) return;
    const std::string body(static_cast<std::size_t>(how) * 100, 'b');
    for (int i = 0; i < 4; ++i)
      session.sendBody(stream, writer.copy(asBytes(body).first(std::min(body.size(), kSlabSize))));
    const http::Field trailer{"Grpc-Status", "0"};
    if ((how & 4U) != 0) session.setTrailers(stream, {&trailer, 1});
    if ((how & 8U) == 0) session.finish(stream);
  }
};

void Stream::onRequestBody(ByteView data) {
  require(!closed && !ended, "content comes before the end");
  received += data.size();
  require(!hasLength || received <= expected, "content never exceeds its length");
  if (m_server.credits) m_server.session.consume(streamId(), data.size());
}

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint8_t stream, std::string_view payload) {
  std::string bytes{static_cast<char>(payload.size() >> 16),
                    static_cast<char>(payload.size() >> 8),
                    static_cast<char>(payload.size()),
                    static_cast<char>(type),
                    static_cast<char>(flags),
                    0,
                    0,
                    0,
                    static_cast<char>(stream)};
  return bytes.append(payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::size_t at = 0;
  const auto next = [&]() -> std::uint8_t { return at < size ? data[at++] : std::uint8_t{0}; };
  Server server;
  Timestamp now{std::chrono::seconds(1)};
  const auto say = [&](std::string_view bytes) {
    const Exact exact(bytes);
    server.session.receive(exact.bytes(), now);
  };
  say(std::string(http::kH2PrefaceText) + frame(4, 0, 0, ""));
  std::string held;
  while (at < size && !server.session.isOver()) {
    const std::uint8_t operation = next();
    if (operation < 0x80) {
      const std::uint8_t type = next(), flags = next(), stream = next();
      const std::size_t length = std::min<std::size_t>(next() | (operation & 1U) << 8, size - at);
      held += frame(type, flags, stream, asText({data + at, length}));
      at += length;
      // Some frames come together, some in halves.
      if ((operation & 2U) != 0) continue;
      const std::size_t cut = (operation & 4U) != 0 ? held.size() / 2 : held.size();
      say(std::string_view(held).substr(0, cut));
      held.erase(0, cut);
      continue;
    }
    Stream* stream = server.pick(next());
    switch (operation % 8) {
      case 0:
        server.room = 1 << 16;
        server.session.produce(server, now);
        break;
      case 1:
        server.room = next();
        server.session.produce(server, now);
        break;
      case 2:
        if (stream != nullptr) server.answer(*stream, next());
        break;
      case 3:
        if (stream != nullptr && !stream->closed) server.session.finish(*stream);
        break;
      case 4:
        if (stream != nullptr && !stream->closed) {
          if (operation >= 0xc0 && stream->answered)
            server.session.breakOff(*stream, http::H2Error::InternalError);
          else
            server.session.reset(*stream, http::H2Error::Cancel);
        }
        break;
      case 5:
        now += std::chrono::milliseconds(next());
        break;
      case 6:
        server.credits = !server.credits;
        break;
      default:
        if ((next() & 1U) != 0) {
          server.session.startDrain();
        } else {
          server.session.finishDrain();
        }
        break;
    }
  }
  say(held);
  server.room = 1 << 20;
  server.session.produce(server, now);
  return 0;
}
