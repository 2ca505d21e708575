// SPDX-License-Identifier: Apache-2.0
#include "ui/theme/icons.h"

#include <QBuffer>
#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QImageReader>
#include <QPainter>
#include <QPixmapCache>

#include "ui/theme/colors.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

QString fileOf(Symbol symbol) {
  switch (symbol) {
    case Symbol::Add:
      return u"add"_s;
    case Symbol::Remove:
      return u"remove"_s;
    case Symbol::Play:
      return u"play"_s;
    case Symbol::Stop:
      return u"stop"_s;
    case Symbol::Copy:
      return u"copy"_s;
    case Symbol::Open:
      return u"open"_s;
    case Symbol::Link:
      return u"link"_s;
    case Symbol::Log:
      return u"log"_s;
    case Symbol::Settings:
      return u"settings"_s;
    case Symbol::Warn:
      return u"warn"_s;
    case Symbol::Check:
      return u"check"_s;
    case Symbol::Retry:
      return u"retry"_s;
    case Symbol::ChevronUp:
      return u"chevron-up"_s;
    case Symbol::ChevronDown:
      return u"chevron-down"_s;
    case Symbol::Clear:
      return u"clear"_s;
    case Symbol::ArrowRight:
      return u"arrow-right"_s;
    case Symbol::Edit:
      return u"edit"_s;
  }
  return {};
}

/// Renders at the exact size in device pixels, so that lines are sharp at every scale. The colour is put into
/// the file's text, so that no second pass over the pixels is needed.
QPixmap render(const QString& name, QSize deviceSize, const QColor& color) {
  const QString key = u"adit/%1/%2x%3/%4"_s.arg(name)
                          .arg(deviceSize.width())
                          .arg(deviceSize.height())
                          .arg(color.isValid() ? color.name(QColor::HexArgb) : QString());
  QPixmap pixmap;
  if (QPixmapCache::find(key, &pixmap)) return pixmap;
  QFile file(u":/icons/%1.svg"_s.arg(name));
  if (!file.open(QIODevice::ReadOnly)) return {};
  QByteArray text = file.readAll();
  if (color.isValid()) text.replace("currentColor", color.name(QColor::HexRgb).toLatin1());
  QBuffer buffer(&text);
  QImageReader reader(&buffer, "svg");
  reader.setScaledSize(deviceSize);
  const QImage image = reader.read();
  if (image.isNull()) return {};
  pixmap = QPixmap::fromImage(image);
  QPixmapCache::insert(key, pixmap);
  return pixmap;
}

class SvgIconEngine : public QIconEngine {
 public:
  SvgIconEngine(QString name, bool tinted, Ink ink) : m_name(std::move(name)), m_tinted(tinted), m_ink(ink) {}

  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State) override {
    if (!m_tinted) return render(m_name, size, {});
    const Colors& colors = colorsOf(QGuiApplication::palette());
    QColor color = m_ink == Ink::OnAccent    ? colors.onAccent
                   : m_ink == Ink::Secondary ? colors.secondary
                                             : colors.text;
    if (mode == QIcon::Disabled) color = mixed(color, colors.window, 0.6);
    return render(m_name, size, color);
  }
  QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal scale) override {
    QPixmap result = pixmap(size, mode, state);
    result.setDevicePixelRatio(scale);
    return result;
  }
  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
    const qreal ratio = painter->device() != nullptr ? painter->device()->devicePixelRatioF() : 1.0;
    painter->drawPixmap(rect, pixmap((QSizeF(rect.size()) * ratio).toSize(), mode, state));
  }
  QSize actualSize(const QSize& size, QIcon::Mode, QIcon::State) override { return size; }
  QList<QSize> availableSizes(QIcon::Mode, QIcon::State) override {
    // The tray chooses the nearest of these sizes.
    return m_tinted ? QList<QSize>{}
                    : QList<QSize>{{16, 16}, {22, 22}, {24, 24}, {32, 32}, {48, 48}, {64, 64}, {128, 128}};
  }
  bool isNull() override { return false; }
  QIconEngine* clone() const override { return new SvgIconEngine(m_name, m_tinted, m_ink); }

 private:
  QString m_name;
  bool m_tinted;
  Ink m_ink;
};

}  // namespace

QIcon symbolIcon(Symbol symbol, Ink ink) { return QIcon(new SvgIconEngine(fileOf(symbol), true, ink)); }

QPixmap symbolPixmap(Symbol symbol, int size, const QColor& color, qreal devicePixelRatio) {
  QPixmap result = render(fileOf(symbol), QSize(size, size) * devicePixelRatio, color);
  result.setDevicePixelRatio(devicePixelRatio);
  return result;
}

QIcon pictureIcon(const QString& name) { return QIcon(new SvgIconEngine(name, false, Ink::Text)); }

QPixmap picturePixmap(const QString& name, int size, qreal devicePixelRatio) {
  QPixmap result = render(name, QSize(size, size) * devicePixelRatio, {});
  result.setDevicePixelRatio(devicePixelRatio);
  return result;
}

}  // namespace adit::ui
