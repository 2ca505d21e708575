// SPDX-License-Identifier: Apache-2.0
#pragma once
// Standard input, output and error, which every program expects to be open. main thread, before anything
// else.

namespace adit::app {

/// Opens those that were closed on /dev/null. Otherwise the next file or socket would get their number, and
/// output would be written into it.
void keepStandardStreams();

}  // namespace adit::app
