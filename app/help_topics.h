// SPDX-License-Identifier: Apache-2.0
#pragma once
// The texts of `adit help TOPIC`, which would be too long for --help and the README. main thread.

#include <optional>
#include <string>
#include <string_view>

namespace adit::app {

/// The text of a topic, with a line break at its end; empty if there is no such topic.
std::optional<std::string> helpTopic(std::string_view name);
/// A line about each topic.
std::string helpTopics();
/// The topic that is nearest to a mistyped name; empty if none is near.
std::string_view nearestTopic(std::string_view name);

}  // namespace adit::app
