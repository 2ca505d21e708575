// SPDX-License-Identifier: Apache-2.0
#pragma once
// The vertical scale of a graph: always four steps of a round size. It moves smoothly to the next size when
// the peak exceeds it, and back, later and more slowly, when the peak shrinks. Callers pass the time. Pure
// C++.

#include <chrono>

namespace adit::ui {

/// The smallest of 1, 1.5, 2, 2.5, 3, 4, 5 x 10^n that is not less than `value`; `value` > 0.
double roundStep(double value);

class GraphScale {
 public:
  static constexpr int kSteps = 4;

  /// The value at the top is never less than `smallestTop`.
  explicit GraphScale(double smallestTop)
      : m_smallestTop(smallestTop), m_target(smallestTop), m_top(smallestTop) {}

  /// Moves towards what fits `peak`; returns true while still moving.
  bool advance(double peak, std::chrono::duration<double> elapsed);
  /// Jumps to what fits `peak`.
  void fit(double peak);

  [[nodiscard]] double top() const { return m_top; }
  /// The distance between grid lines.
  [[nodiscard]] double step() const { return m_target / kSteps; }

 private:
  [[nodiscard]] double topFor(double peak) const;

  double m_smallestTop;
  double m_target;
  double m_top;
  std::chrono::duration<double> m_lowFor{0};
};

}  // namespace adit::ui
