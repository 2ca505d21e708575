// SPDX-License-Identifier: Apache-2.0
#pragma once
// The descriptors every program expects to have. main thread, before anything else.

namespace adit::app {

/// Opens standard input, output and error on nothing where the caller closed them: the next file or socket
/// would take their numbers, and be written to by whoever prints.
void keepStandardStreams();

}  // namespace adit::app
