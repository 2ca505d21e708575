// SPDX-License-Identifier: Apache-2.0
#pragma once
// The real main window over a fake engine, with its questions answered from a script. One fixture a test
// function.

#include <memory>
#include <QLabel>
#include <QList>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

#include "tests/ui/fake_engine.h"
#include "ui/dialogs/message_box.h"
#include "ui/language.h"
#include "ui/settings.h"
#include "ui/theme/theme.h"
#include "ui/windows/main_window.h"

namespace adit::ui::test {

class ScriptedMessageBox : public MessageBox {
 public:
  enum class Answer { Yes, No };
  void setNextAnswer(Answer answer) { m_next = answer; }
  [[nodiscard]] int asked() const { return m_asked; }
  [[nodiscard]] const QString& lastText() const { return m_text; }
  void ask(QWidget*, const Question& question, std::function<void()> yes) override {
    ++m_asked;
    m_text = question.text;
    if (std::exchange(m_next, Answer::No) == Answer::Yes) yes();
  }
  QDialog* tell(QWidget*, const QString&, const QString& text) override {
    m_text = text;
    return nullptr;
  }

 private:
  Answer m_next = Answer::No;
  int m_asked = 0;
  QString m_text;
};

inline void click(QWidget* button) { QTest::mouseClick(button, Qt::LeftButton); }

struct WindowFixture {
  QTemporaryDir directory;
  Theme theme;
  Language language;
  Settings settings{directory.path()};
  FakeEngine* engine = nullptr;
  EngineBridge bridge;
  ScriptedMessageBox messages;
  bool tray = true;
  Answer answer = Answer::Yes;  ///< Of every service, when somebody looks.
  int probes = 0;
  QList<QUrl> opened;
  std::optional<session::JoinLink> saved;
  int saves = 0;
  std::optional<Error> saveError;
  QSize size{1120, 740};
  std::unique_ptr<MainWindow> window;

  WindowFixture() {
    theme.apply(ThemeMode::Light);
    language.apply(QStringLiteral("en"));
    bridge.setProbe([this](const std::string&, QObject*, const std::function<void(Answer)>& done) {
      ++probes;
      done(answer);
    });
    const auto started =
        bridge.start([this](std::function<void()> wake) -> Result<std::unique_ptr<engine::Engine>> {
          auto made = std::make_unique<FakeEngine>(std::move(wake));
          engine = made.get();
          return made;
        });
    if (!started) qFatal("the fake engine did not start");
    makeWindow();
  }

  void makeWindow() {
    window = std::make_unique<MainWindow>(
        MainWindow::Parts{.bridge = bridge,
                          .settings = settings,
                          .theme = theme,
                          .language = language,
                          .messages = messages,
                          .trayAvailable = [this] { return tray; },
                          .openUrl = [this](const QUrl& url) { opened.append(url); },
                          .saveJoin = [this](const std::optional<session::JoinLink>& link) -> Result<> {
                            if (saveError) return fail(*saveError);
                            saved = link;
                            ++saves;
                            return {};
                          },
                          .keptJoin = [this] { return saved; }});
    // The offscreen platform's screen is small; tests are about a window as people have it.
    if (size.isValid()) window->resize(size);
    window->show();
  }

  /// Waits until the window shows what the engine was told.
  engine::TunnelId addTunnel(const std::string& name, const std::string& target = "3000",
                             bool started = true) {
    const engine::TunnelId id = engine->addTunnel({.name = name, .target = target}, started).value();
    bridge.sample();
    return id;
  }
  /// Another client has the tunnel's name.
  void refuse(engine::TunnelId id) {
    engine->setState(id, engine::TunnelState::Failed,
                     Error{.code = ErrorCode::NameTaken, .detail = "taken", .libraryCode = 0});
  }
  /// The server has another key than the join link says.
  void failLink(const std::string& server) {
    engine->setLink({.state = engine::LinkState::Failed,
                     .server = server,
                     .embedded = false,
                     .error = {.code = ErrorCode::PinMismatch, .detail = "pin", .libraryCode = 0},
                     .hasError = true,
                     .retryIn = {},
                     .roundTripMs = 0});
  }
  /// Ten seconds of 100 kB/s in, 2 MB/s out and 20 requests a second, three of them active.
  void traffic(engine::TunnelId id) {
    using namespace std::chrono_literals;
    auto now = std::chrono::steady_clock::now() + 1h;
    engine->setClock([&now] { return now; });
    for (int i = 0; i < 100; ++i) {
      engine->addTraffic(id, 10'000, 200'000, 2, 3);
      bridge.sample();
      now += 100ms;
    }
    engine->setClock([now] { return now; });
  }
  template <typename T>
  T* find(const char* name) const {
    T* found = window->findChild<T*>(QString::fromLatin1(name));
    if (found == nullptr) qFatal("the window has no %s", name);
    return found;
  }
  [[nodiscard]] bool shows(const char* name) const { return find<QWidget>(name)->isVisible(); }
};

}  // namespace adit::ui::test
