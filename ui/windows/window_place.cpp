// SPDX-License-Identifier: Apache-2.0
#include "ui/windows/window_place.h"

#include <algorithm>

namespace adit::ui {
namespace {

constexpr QSize kHold{160, 120};
constexpr int kTitleBar = 40;
constexpr int kFrame = 6;

qint64 area(const QRect& rect) {
  return rect.isEmpty() ? 0 : static_cast<qint64>(rect.width()) * rect.height();
}

}  // namespace

QRect roomOn(const QRect& screen) { return screen.adjusted(kFrame, kTitleBar, -kFrame, -kFrame); }

QRect within(const QRect& wanted, const QRect& room) {
  QRect rect(wanted.topLeft(), wanted.size().boundedTo(room.size()));
  rect.moveLeft(std::clamp(rect.left(), room.left(), room.right() + 1 - rect.width()));
  rect.moveTop(std::clamp(rect.top(), room.top(), room.bottom() + 1 - rect.height()));
  return rect;
}

QRect placedOn(const QList<QRect>& screens, const QRect& wanted) {
  if (screens.isEmpty()) return wanted;
  const auto covered = [&wanted](const QRect& screen) { return area(screen & wanted); };
  const QRect screen = *std::ranges::max_element(screens, {}, covered);
  const QRect seen = screen & wanted;
  const bool fits = wanted.width() <= roomOn(screen).width() && wanted.height() <= roomOn(screen).height();
  const bool held =
      seen.width() >= kHold.width() && seen.height() >= kHold.height() && wanted.top() >= screen.top();
  return fits && held ? wanted : within(wanted, roomOn(screen));
}

}  // namespace adit::ui
