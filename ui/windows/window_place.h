// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a window may stand, as rectangles. Pure functions.

#include <QList>
#include <QRect>

namespace adit::ui {

/// What a screen has for a window's inside: a frame goes around it, whose sizes are not known before.
QRect roomOn(const QRect& screen);

/// `wanted` made as small as `room` and moved into it.
QRect within(const QRect& wanted, const QRect& room);
/// `wanted` within the screen that it covers most of, or the first where it covers none. One of which enough
/// is to be seen to take hold of it, title bar included, stays as it is: people let windows hang over edges.
QRect placedOn(const QList<QRect>& screens, const QRect& wanted);

}  // namespace adit::ui
