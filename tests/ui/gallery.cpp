// SPDX-License-Identifier: Apache-2.0
// Shows the real window with a made-up engine and saves pictures of it: `ui_gallery DIRECTORY` writes one PNG
// for each scene; a second argument takes those whose name contains it, a third a language ("zh_CN"). For
// looking at while drawing, and for the README's picture; no test.
#include <cmath>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "tests/ui/fake_engine.h"
#include "ui/dialogs/message_box.h"
#include "ui/language.h"
#include "ui/settings.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/tunnel_list.h"
#include "ui/windows/main_window.h"

using namespace Qt::Literals::StringLiterals;
using namespace std::chrono_literals;
using namespace adit;

namespace {

using SteadyClock = std::chrono::steady_clock;

/// One window with its parts, in one theme and language.
struct Scene {
  QTemporaryDir directory;
  ui::test::FakeEngine* engine = nullptr;
  ui::Settings settings;
  ui::EngineBridge bridge;
  ui::MessageBox messages;
  std::unique_ptr<ui::MainWindow> window;
  QTimer live;
  int step_ = 0;
  double due_ = 0;

  Scene(ui::Theme& theme, ui::Language& language, ui::ThemeMode mode, const QString& locale)
      : settings(directory.path()) {
    theme.apply(mode);
    language.apply(locale);
    bridge.setProbe([](const std::string& target, QObject*, const std::function<void(ui::Answer)>& done) {
      done(target == "1" ? ui::Answer::No : ui::Answer::Yes);
    });
    (void)bridge.start([this](std::function<void()> wake) -> Result<std::unique_ptr<engine::Engine>> {
      auto made = std::make_unique<ui::test::FakeEngine>(std::move(wake));
      engine = made.get();
      engine->setClock([start = SteadyClock::now() - 63s] { return start; });
      return made;
    });
    window = std::make_unique<ui::MainWindow>(ui::MainWindow::Parts{.bridge = bridge,
                                                                    .settings = settings,
                                                                    .theme = theme,
                                                                    .language = language,
                                                                    .messages = messages,
                                                                    .trayAvailable = [] { return true; },
                                                                    .openUrl = [](const QUrl&) {},
                                                                    .saveJoin = {},
                                                                    .keptJoin = {}});
  }

  void joinServer() {
    session::JoinLink link;
    link.token = "secret";
    link.host = "t.example.com";
    (void)engine->join(link);
    engine->setLink({.state = engine::LinkState::Online,
                     .server = "t.example.com:4433",
                     .embedded = false,
                     .error = {},
                     .hasError = false,
                     .retryIn = {},
                     .roundTripMs = 18.4});
  }

  /// A minute of plausible traffic on the first three tunnels.
  void populate() {
    const auto shop = *engine->addTunnel({.name = "shop", .target = "3000"}, true);
    const auto api = *engine->addTunnel({.name = "api-preview", .target = "http://localhost:8080"}, true);
    const auto docs = *engine->addTunnel({.name = "docs", .target = "5173"}, true);
    (void)api;
    (void)*engine->addTunnel({.name = "staging-webhooks", .target = "unix:/run/hooks.sock"}, false);
    engine->setState(docs, engine::TunnelState::Online);
    const auto now = SteadyClock::now();
    auto at = now - 62s;
    engine->setClock([&at] { return at; });
    int step = 0;
    for (; at < now; at += 100ms, ++step) {
      addStep(step);
      bridge.sample();
    }
    QObject::connect(&live, &QTimer::timeout, window.get(), [this, now] {
      const auto due = static_cast<int>((SteadyClock::now() - now) / 100ms) + 620;
      for (; step_ < due; ++step_) addStep(step_);
    });
    step_ = step;
    live.start(50ms);
    engine->addFailures(shop, 2);
    engine->setClock([] { return SteadyClock::now(); });
    engine->log(LogLevel::Info, "client", "connected to t.example.com:4433 in 41 ms, session resumed");
    engine->log(LogLevel::Debug, "quic", "path validated, round trip 18.4 ms, congestion window 48 kB");
    engine->log(LogLevel::Info, "client", "shop is online at http://shop.t.example.com");
    engine->log(LogLevel::Info, "client", "api-preview is online at http://api-preview.t.example.com");
    engine->log(LogLevel::Warning, "client", "localhost:5173 answered slowly (2.4 s) for docs");
    engine->log(LogLevel::Error, "client", "nothing answers at unix:/run/hooks.sock");
    engine->log(LogLevel::Info, "client", "docs is online at http://docs.t.example.com");
  }

  /// What visitors do in a tenth of a second.
  void addStep(int step) {
    const double t = step / 10.0;
    const auto wave = [t](double period, double phase) {
      return 0.5 + 0.5 * std::sin(t * 6.283 / period + phase);
    };
    const double burst =
        std::exp(-std::pow((t - 21) / 3.5, 2)) + 0.85 * std::exp(-std::pow((t - 47) / 5.5, 2));
    const double noise = 0.8 + 0.4 * std::abs(std::fmod(std::sin(step * 12.9898) * 43758.5453, 1.0));
    const auto bytes = [noise](double amount) { return static_cast<std::uint64_t>(noise * amount); };
    due_ += noise * (1.2 + 1.6 * wave(19, 2) + 4 * burst);
    const auto requests = static_cast<std::uint64_t>(due_);
    due_ -= static_cast<double>(requests);
    engine->addTraffic(1, bytes(9000 + 16000 * wave(17, 1) + 60000 * burst),
                       bytes(42000 + 60000 * wave(23, 0) + 210000 * burst), requests, 6);
    engine->addTraffic(2, bytes(4200 * wave(9, 0)), bytes(9000 * wave(11, 3)), step % 4 == 0 ? 1 : 0, 1);
    if (t > 30 && t < 44) engine->addTraffic(3, 1200, bytes(22000 * wave(6, 0)), step % 7 == 0 ? 1 : 0);
  }

  /// The dialog of an existing tunnel, folded and open.
  void originDialog(const QString& suffix) {
    (void)engine->changeTunnel(
        2, {.name = "api-preview", .target = "https://localhost:8443", .origin = {.insecure = true}});
    bridge.sample();
    selectRow(1);
    window->findChild<QAction*>(u"actionEdit"_s)->trigger();
    QTest::qWait(100);
    auto* edit = window->findChild<QDialog*>(u"editTunnelDialog"_s);
    save(u"edit-folded-"_s + suffix, {1280, 800}, edit);
    edit->findChild<QToolButton*>(u"originToggle"_s)->click();
    save(u"edit-insecure-"_s + suffix, {1280, 800}, edit);
    edit->findChild<QComboBox*>(u"originTrust"_s)->setCurrentIndex(1);
    edit->findChild<QComboBox*>(u"originHost"_s)->setCurrentIndex(2);
    edit->findChild<QLineEdit*>(u"originCa"_s)->setText(u"/nowhere/authorities.pem"_s);
    edit->findChild<QLineEdit*>(u"originHostName"_s)->setText(u"shop.example.com"_s);
    save(u"edit-file-"_s + suffix, {1280, 800}, edit);
    edit->close();
  }

  /// HTTPS beside HTTP, and an origin with all that can be unusual.
  void details(const QString& suffix) {
    (void)engine->changeTunnel(1,
                               {.name = "shop",
                                .target = "h2s://localhost:3443",
                                .origin = {.insecure = true, .hostHeader = "target", .connectTimeout = 3s}});
    engine->setAddresses(1, "https://shop.t.example.com:8443", "http://shop.t.example.com:8080", true);
    selectRow(0);
    save(u"detail-"_s + suffix, {1280, 800});
    save(u"detail-narrow-"_s + suffix, {620, 700});
  }

  /// Many tunnels, some of whose names and addresses are as long as they get.
  void many(const QString& suffix) {
    const std::string longest(63, 'w');
    for (int i = 0; i < 20; ++i) {
      const std::string name = i % 5 == 1 ? longest : "service-" + std::to_string(i);
      (void)*engine->addTunnel(
          {.name = name, .target = "https://a-rather-long-host-name.internal.example.com:8443"}, i % 4 != 3);
    }
    engine->setAddresses(2, "https://" + longest + ".tunnels.eu-central.example.com:8443",
                         "http://" + longest + ".tunnels.eu-central.example.com:8080", true);
    bridge.sample();
    window->show();
    selectRow(1);
    save(u"many-"_s + suffix, {1120, 740});
    save(u"many-narrow-"_s + suffix, {620, 480});
  }

  void selectRow(int row) {
    auto* list = window->findChild<ui::TunnelList*>(u"tunnelList"_s);
    list->setCurrentIndex(list->model()->index(row, 0));
  }

  void save(const QString& name, QSize size, QWidget* target = nullptr) {
    window->resize(size);
    window->show();
    // Long enough for scales to settle and banners to appear.
    QTest::qWait(900);
    QPixmap picture = (target != nullptr ? target : window.get())->grab();
    picture.save(name + u".png"_s);
  }
};

}  // namespace

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  QApplication::setApplicationVersion(u"0.1.0"_s);
  QDir directory(argc > 1 ? QString::fromLocal8Bit(argv[1]) : u"."_s);
  directory.mkpath(u"."_s);
  QDir::setCurrent(directory.path());
  const QString only = argc > 2 ? QString::fromLocal8Bit(argv[2]) : QString();
  const QString locale = argc > 3 ? QString::fromLocal8Bit(argv[3]) : u"en"_s;
  ui::Theme theme;
  ui::Language language;
  const auto wanted = [&only](const QString& name) { return only.isEmpty() || name.contains(only); };

  for (const bool dark : {false, true}) {
    const QString suffix = dark ? u"dark"_s : u"light"_s;
    const auto mode = dark ? ui::ThemeMode::Dark : ui::ThemeMode::Light;
    if (wanted(u"main-"_s + suffix)) {
      Scene scene(theme, language, mode, locale);
      scene.joinServer();
      scene.populate();
      scene.window->resize(1280, 800);
      scene.window->show();
      QTest::qWait(200);
      scene.selectRow(0);
      scene.save(u"main-"_s + suffix, {1280, 800});
      scene.window->findChild<QToolButton*>(u"logToggle"_s)->click();
      scene.selectRow(3);
      scene.save(u"log-"_s + suffix, {1280, 800});
      scene.save(u"narrow-"_s + suffix, {720, 640});
      scene.save(u"narrow-"_s + suffix, {720, 640});
      scene.window->findChild<QToolButton*>(u"logToggle"_s)->click();
      auto* list = scene.window->findChild<ui::TunnelList*>(u"tunnelList"_s);
      list->selectionModel()->clear();
      scene.window->resize(1000, 700);
      QTest::qWait(50);
      auto* graph = scene.window->findChild<QWidget*>(u"detailGraph"_s);
      QTest::mouseMove(graph, QPoint(300, 120));
      scene.save(u"total-"_s + suffix, {1000, 700});
      auto* menu = scene.window->findChild<QMenu*>(u"mainMenu"_s);
      menu->popup(scene.window->mapToGlobal(QPoint(700, 60)));
      scene.save(u"menu-"_s + suffix, {1000, 700}, menu);
      menu->close();
      scene.selectRow(0);
      scene.window->findChild<QAction*>(u"actionRemove"_s)->trigger();
      QTest::qWait(50);
      auto* question = scene.window->findChild<QDialog*>(u"removeQuestion"_s);
      scene.save(u"remove-"_s + suffix, {1000, 700}, question);
      question->close();
      scene.window->findChild<QAction*>(u"actionAdd"_s)->trigger();
      QTest::qWait(100);
      auto* add = scene.window->findChild<QDialog*>(u"addTunnelDialog"_s);
      add->findChild<QLineEdit*>(u"tunnelTarget"_s)->setText(u"99999"_s);
      scene.save(u"add-"_s + suffix, {1280, 800}, add);
      add->close();
      scene.originDialog(suffix);
    }
    if (wanted(u"detail-"_s + suffix)) {
      Scene scene(theme, language, mode, locale);
      scene.joinServer();
      scene.populate();
      scene.details(suffix);
    }
    if (wanted(u"many-"_s + suffix)) {
      Scene scene(theme, language, mode, locale);
      scene.many(suffix);
    }
    if (wanted(u"empty-"_s + suffix)) {
      Scene scene(theme, language, mode, locale);
      scene.save(u"empty-"_s + suffix, {1120, 740});
    }
    if (wanted(u"error-"_s + suffix)) {
      Scene scene(theme, language, mode, locale);
      scene.joinServer();
      scene.populate();
      scene.window->show();
      QTest::qWait(200);
      scene.selectRow(1);
      scene.engine->holdElsewhere(2, "'api-preview' is in use by your terminal since 10:32 (pid 4711)");
      scene.engine->setState(1, engine::TunnelState::Reconnecting,
                             Error{.code = ErrorCode::TimedOut, .detail = "no answer", .libraryCode = 0});
      scene.engine->setLink({.state = engine::LinkState::Waiting,
                             .server = "t.example.com:4433",
                             .embedded = false,
                             .error = {.code = ErrorCode::TimedOut, .detail = "no answer", .libraryCode = 0},
                             .hasError = true,
                             .retryIn = 2900ms,
                             .roundTripMs = 0});
      scene.save(u"error-"_s + suffix, {1280, 800});
      scene.save(u"error-narrow-"_s + suffix, {620, 700});
      scene.window->findChild<QAction*>(u"actionJoin"_s)->trigger();
      QTest::qWait(100);
      auto* join = scene.window->findChild<QDialog*>(u"joinDialog"_s);
      join->findChild<QLineEdit*>(u"joinLink"_s)
          ->setText(
              u"adit://dG9rZW4@t.example.com:4433?pin=sha256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"_s);
      scene.save(u"join-"_s + suffix, {1280, 800}, join);
    }
    if (wanted(u"chinese-"_s + suffix)) {
      Scene scene(theme, language, mode, u"zh_CN"_s);
      scene.joinServer();
      scene.populate();
      scene.window->show();
      QTest::qWait(200);
      scene.selectRow(0);
      scene.save(u"chinese-"_s + suffix, {1280, 800});
    }
  }
  if (wanted(u"icons"_s)) {
    // The application's icon and the tray's at the sizes panels use.
    QImage sheet(760, 330, QImage::Format_ARGB32_Premultiplied);
    sheet.fill(QColor(0xf4f3ef));
    QPainter painter(&sheet);
    painter.fillRect(0, 165, 760, 165, QColor(0x15181a));
    for (const int top : {10, 175}) {
      int x = 10;
      for (const int size : {128, 64, 48, 32, 24, 22, 16}) {
        painter.drawPixmap(x, top, ui::picturePixmap(u"adit"_s, size, 1));
        x += size + 12;
      }
      int y = top;
      for (const auto& name : {u"tray-online"_s, u"tray-connecting"_s, u"tray-offline"_s, u"tray-error"_s}) {
        int tx = x + 20;
        for (const int size : {32, 24, 22, 16}) {
          painter.drawPixmap(tx, y, ui::picturePixmap(name, size, 1));
          tx += size + 10;
        }
        y += 36;
      }
    }
    painter.end();
    sheet.save(u"icons.png"_s);
  }
  return 0;
}
