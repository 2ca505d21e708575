// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/graph_scale.h"

#include <algorithm>
#include <cmath>

namespace adit::ui {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr double kHeadroom = 1.08;
constexpr Seconds kRise{0.16};    // Time constant upwards: quick, so that the curve stays in the picture.
constexpr Seconds kFall{0.45};    // Time constant downwards: slow.
constexpr Seconds kHoldLow{1.5};  // A shorter dip does not move the scale.

}  // namespace

double roundStep(double value) {
  const double magnitude = std::pow(10.0, std::floor(std::log10(value)));
  for (const double factor : {1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0}) {
    if (magnitude * factor >= value * (1 - 1e-9)) return magnitude * factor;
  }
  return magnitude * 10;
}

double GraphScale::topFor(double peak) const {
  return std::max(m_smallestTop, kSteps * roundStep(std::max(peak * kHeadroom, m_smallestTop) / kSteps));
}

bool GraphScale::advance(double peak, Seconds elapsed) {
  const double fitting = topFor(peak);
  if (fitting >= m_target) {
    m_target = fitting;
    m_lowFor = Seconds(0);
  } else if ((m_lowFor += elapsed) >= kHoldLow) {
    m_target = fitting;
    m_lowFor = Seconds(0);
  }
  const Seconds constant = m_target > m_top ? kRise : kFall;
  m_top += (m_target - m_top) * (1 - std::exp(-elapsed / constant));
  if (std::abs(m_target - m_top) < m_target * 0.002) m_top = m_target;
  return m_top != m_target || fitting != m_target;
}

void GraphScale::fit(double peak) {
  m_target = m_top = topFor(peak);
  m_lowFor = Seconds(0);
}

}  // namespace adit::ui
