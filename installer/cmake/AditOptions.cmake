# SPDX-License-Identifier: Apache-2.0
# An INTERFACE target with the language level, warnings, hardening and sanitizers for every target of the project.
add_library(adit_options INTERFACE)
target_compile_features(adit_options INTERFACE cxx_std_20)
target_include_directories(adit_options INTERFACE ${CMAKE_SOURCE_DIR})
# With ccache, a second build of the same sources (another preset, another clone) takes seconds. Paths inside the clone count as
# relative, and precompiled headers by their content. The compiler tells what a file depends on (CCACHE_DEPEND), because
# preprocessing it first would make a build with an empty cache a fifth slower. Two commands must therefore be identical to share
# a result.
find_program(ADIT_CCACHE ccache)
if(ADIT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER AND NOT WIN32)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
    CCACHE_SLOPPINESS=pch_defines,time_macros ${ADIT_CCACHE})
endif()
target_compile_options(adit_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wcast-qual -Wimplicit-fallthrough -Wformat=2)
# GCC 12 warns of overlaps and overflows in std::string that cannot happen (GCC bugs 105329 and 105651, fixed in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(adit_options INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(ADIT_WARNINGS_AS_ERRORS)
  target_compile_options(adit_options INTERFACE -Werror)
endif()
if(ADIT_SANITIZE STREQUAL "address")
  set(_adit_sanitize -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(ADIT_SANITIZE STREQUAL "thread")
  set(_adit_sanitize -fsanitize=thread -fno-omit-frame-pointer)
elseif(ADIT_SANITIZE STREQUAL "fuzzer")
  set(_adit_sanitize -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(ADIT_SANITIZE)
  message(FATAL_ERROR "ADIT_SANITIZE is '${ADIT_SANITIZE}'; it must be empty, address, thread or fuzzer")
endif()
if(ADIT_SANITIZE)
  target_compile_options(adit_options INTERFACE ${_adit_sanitize})
  target_link_options(adit_options INTERFACE ${_adit_sanitize})
endif()
if(NOT ADIT_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(adit_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
endif()
