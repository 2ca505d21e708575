// SPDX-License-Identifier: Apache-2.0
// An origin's HTTP/2 connection, driven frame by frame: the input says which frames come and what the client
// does meanwhile. Whatever is told as an answer can be framed for the server, reads back the same and is one
// HTTP/1.1 message; content never exceeds its length, and nothing is told after an end.
//
// Input: steps of an operation byte and its arguments. Below 0x80 a frame: type, flags, stream, size of the
// payload and the payload; from there on the client's side.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/http/h2_client_session.h"
#include "core/http/semantics.h"
#include "core/wire/http_frames.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;

namespace {

void follow(http::ResponseHead& head, http::Framing framing, wire::FrameType type) {
  require(isClean(head.fields), "told fields are clean");
  for (const http::Field& field : head.fields) {
    for (const std::string_view name : {"transfer-encoding", "connection", "upgrade", "keep-alive"})
      require(!http::equalsIgnoreCase(field.name, name), "nothing of the hop is told");
  }
  const wire::ResponseHeadFrame frame{&head, framing};
  std::vector<std::uint8_t> payload(wire::responseHeadSize(frame));
  wire::writeResponseHead(frame, payload.data());
  http::ResponseHead received;
  wire::ResponseHeadFrame back{&received, {}};
  require(wire::readResponseHead(payload, back).has_value(), "what is told can be framed");
  require(received.status == head.status && back.framing.body == framing.body &&
              back.framing.length == framing.length,
          "the frame keeps the answer");
  require((type == wire::FrameType::InterimHead) == (head.status < 200), "heads are what they are told as");
}

class Request final : public http::H2ClientStream::Handler {
 public:
  http::H2ClientStream stream{*this};
  bool isHead = false;

  void begin() {
    m_head = m_ended = m_over = false;
    m_received = 0;
  }

 private:
  void onInterim(http::ResponseHead& head) override {
    require(!m_over && !m_head, "interim heads come first");
    require(head.status >= 100 && head.status < 200 && head.status != 101, "an interim status");
    follow(head, {}, wire::FrameType::InterimHead);
  }
  void onHead(http::ResponseHead& head, http::Framing framing) override {
    require(!m_over && !m_head, "one final head");
    require(head.status >= 200 && head.status <= 999, "a final status");
    m_head = true;
    m_framing = framing;
    require(framing.body == http::BodyFraming::None || !(isHead || head.status == 204 || head.status == 304),
            "no content where there is none");
    follow(head, framing, wire::FrameType::ResponseHead);
  }
  void onContent(ByteView data) override {
    require(m_head && !m_ended && !m_over, "content after the head and before the end");
    require(m_framing.body != http::BodyFraming::None || data.empty(), "no content where there is none");
    m_received += data.size();
    require(m_framing.body != http::BodyFraming::Length || m_received <= m_framing.length,
            "never more than the length");
  }
  void onTrailers(std::span<const http::Field> fields) override {
    require(m_head && !m_ended && !m_over, "trailers after the head and before the end");
    require(isClean({fields.begin(), fields.end()}), "trailers are clean");
    for (const http::Field& field : fields)
      require(!http::isForbiddenTrailer(field.name), "trailers are what they may be");
  }
  void onEnd() override {
    require(m_head && !m_ended && !m_over, "one end");
    require(m_framing.body != http::BodyFraming::Length || m_received == m_framing.length,
            "all of the length");
    m_ended = true;
  }
  void onClosed() override {
    require(m_ended && !m_over && !stream.isOpen(), "closed after the end");
    m_over = true;
  }
  void onReset(http::H2Error, bool unprocessed) override {
    require(!m_over && !stream.isOpen(), "reset once, and free");
    require(!unprocessed || !m_head, "what was answered was processed");
    m_over = true;
  }
  void onContentSent() override {}

  http::Framing m_framing;
  std::uint64_t m_received = 0;
  bool m_head = false, m_ended = false, m_over = false;
};

class Client final : http::H2ClientSession::Handler, http::H2ClientSession::Sink {
 public:
  Client() {
    auto made = http::H2ClientSession::create(*this);
    require(made.has_value(), "a session can be made");
    m_session = std::move(*made);
    flush();
  }

  void receive(std::string_view bytes) {
    const Exact exact(bytes);
    if (!m_session->receive(exact.bytes(), m_now)) m_dead = true;
    flush();
  }
  void open(std::size_t index, std::uint8_t kind) {
    Request& request = m_requests[index % m_requests.size()];
    if (request.stream.isOpen() || m_session->freeSlots() == 0) return;
    request.begin();
    request.isHead = kind % 4 == 1;
    const std::array<http::Field, 1> fields{{{"accept", "*/*"}}};
    http::H2Request ask{.method = request.isHead  ? "HEAD"
                                  : kind % 4 == 2 ? "POST"
                                                  : "GET",
                        .scheme = "http",
                        .authority = "a",
                        .path = "/",
                        .fields = fields,
                        .hasContent = kind % 4 >= 2};
    if (kind % 4 == 3) {
      ask.method = "CONNECT";
      ask.protocol = "websocket";
    }
    (void)m_session->open(request.stream, ask);
  }
  void act(std::uint8_t what, std::size_t index) {
    http::H2ClientStream& stream = m_requests[index % m_requests.size()].stream;
    switch (what % 8) {
      case 0:
        stream.sendContent(m_writer.copy(asBytes("some content")));
        break;
      case 1:
        stream.setTrailers({{"x-sum", "1"}});
        stream.finish();
        break;
      case 2:
        stream.cancel(http::H2Error::Cancel);
        break;
      case 3:
        stream.pause();
        break;
      case 4:
        stream.resume();
        break;
      case 5:
        m_full = !m_full;
        break;
      case 6:
        m_session->ping();
        break;
      default:
        stream.finish();
    }
    flush();
  }
  void pass() { m_now += std::chrono::seconds(1); }
  [[nodiscard]] bool isDead() const { return m_dead || m_session->isOver(); }
  void end() {
    m_session->fail(http::H2Error::InternalError);
    for (const Request& request : m_requests) require(!request.stream.isOpen(), "everybody is told");
  }

 private:
  void flush() {
    if (!m_session->send(*this)) m_dead = true;
  }
  void onOutputReady() override {}
  void onSlotsChanged() override {}
  [[nodiscard]] bool isFull() const override { return m_full; }
  void write(ByteView) override {}
  void write(Slice) override {}

  SlabPool m_pool;
  SlabWriter m_writer{m_pool};
  std::array<Request, 4> m_requests;
  std::unique_ptr<http::H2ClientSession> m_session;  // goes before the requests
  Timestamp m_now{std::chrono::seconds(1)};
  bool m_full = false, m_dead = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = asText({data, size});
  const auto take = [&input]() -> std::uint8_t {
    if (input.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(input.front());
    input.remove_prefix(1);
    return byte;
  };
  Client client;
  while (!input.empty() && !client.isDead()) {
    const std::uint8_t operation = take();
    if (operation < 0x80) {
      const std::uint8_t type = operation, flags = take(), stream = take(), length = take();
      const std::string_view payload = input.substr(0, length);
      input.remove_prefix(payload.size());
      std::string frame{'\0',
                        '\0',
                        static_cast<char>(payload.size()),
                        static_cast<char>(type),
                        static_cast<char>(flags),
                        '\0',
                        '\0',
                        '\0',
                        static_cast<char>(stream)};
      client.receive(frame.append(payload));
    } else if (operation < 0xc0) {
      const std::uint8_t kind = take();
      client.open(operation, kind);
      client.act(5, 0);
      client.act(5, 0);
    } else if (operation < 0xf0) {
      client.act(operation, take());
    } else {
      client.pass();
    }
  }
  client.end();
  return 0;
}
