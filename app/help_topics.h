// SPDX-License-Identifier: Apache-2.0
#pragma once
// The texts behind `adit help TOPIC`: what is too long for --help and for the README's first pages. main
// thread.

#include <optional>
#include <string>
#include <string_view>

namespace adit::app {

/// The text of a topic, ending in a line break; empty where there is no topic of that name.
std::optional<std::string> helpTopic(std::string_view name);
/// The topics with a line about each.
std::string helpTopics();
/// The topic that a mistyped name is nearest to; empty where none is near.
std::string_view nearestTopic(std::string_view name);

}  // namespace adit::app
