# SPDX-License-Identifier: Apache-2.0
# Two sets of headers are compiled once and shared: the standard library's and fmt's for what is below Qt, and Qt Core's for
# the tests (Qt asks for position-independent code, so that they cannot share one). No file relies on them: it includes
# what it uses, and the presets without them build, too.
if(ADIT_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  file(WRITE ${CMAKE_BINARY_DIR}/pch/empty.cpp "")
  set(_adit_std <algorithm> <array> <chrono> <cstdint> <cstring> <filesystem> <functional> <memory> <mutex> <optional> <span>
    <string> <string_view> <unordered_map> <utility> <variant> <vector> <tl/expected.hpp> <spdlog/fmt/fmt.h>)
  add_library(adit_pch OBJECT ${CMAKE_BINARY_DIR}/pch/empty.cpp)
  # What base links: it decides how fmt is compiled.
  target_link_libraries(adit_pch PRIVATE adit_options tl::expected spdlog::spdlog Threads::Threads)
  target_compile_options(adit_pch PUBLIC -fpch-preprocess)
  target_precompile_headers(adit_pch PRIVATE ${_adit_std})
  if(ADIT_BUILD_TESTS)
    add_library(adit_test_pch OBJECT ${CMAKE_BINARY_DIR}/pch/empty.cpp)
    # Not Qt6::Test: its headers differ for the tests of the window.
    target_link_libraries(adit_test_pch PRIVATE adit_options Qt6::Core tl::expected spdlog::spdlog Threads::Threads)
    target_compile_definitions(adit_test_pch PRIVATE QT_NO_KEYWORDS)
    target_compile_options(adit_test_pch PUBLIC -fpch-preprocess)
    target_precompile_headers(adit_test_pch PRIVATE ${_adit_std} <QtCore/QtCore>)
  endif()
endif()

# What the tests themselves are compiled with besides everybody's options. Qt Test's macros are most of their code: checking
# that for undefined behaviour, or making it fast, takes longer than compiling it. The code under test has both. (What
# fortifies needs an optimizer. SHELL: keeps CMake from dropping an option that it has seen before.) Not with ThreadSanitizer,
# where what tests do byte by byte takes them three times as long then, and some to the end of their patience.
add_library(adit_test_options INTERFACE)
if(NOT MSVC AND NOT ADIT_SANITIZE STREQUAL "thread")
  target_compile_options(adit_test_options INTERFACE "SHELL:-O0 -U_FORTIFY_SOURCE")
endif()
if(ADIT_SANITIZE STREQUAL "address")
  target_compile_options(adit_test_options INTERFACE -fno-sanitize=undefined)
endif()
# A hundred executables, and gold (where binutils has it) links one in a fifth of the time.
find_program(ADIT_GOLD NAMES ld.gold)
if(ADIT_GOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_link_options(adit_test_options INTERFACE -fuse-ld=gold)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(adit_test_options INTERFACE -Wno-array-bounds)  # As in AditOptions: "text" + std::to_string(n).
endif()
if(TARGET adit_test_pch)
  target_link_libraries(adit_test_pch PRIVATE adit_test_options)
endif()

# Gives a target the precompiled headers that fit it.
function(adit_precompile name)
  get_target_property(libraries ${name} LINK_LIBRARIES)
  if(NOT TARGET adit_pch)
    return()
  elseif("${libraries}" MATCHES "Qt6::Test")
    target_precompile_headers(${name} REUSE_FROM adit_test_pch)
  elseif("${libraries}" MATCHES "Qt6::")
    target_precompile_headers(${name} PRIVATE ${_adit_std} <QtGui/QPainter> <QtWidgets/QApplication> <QtWidgets/QBoxLayout>
      <QtWidgets/QComboBox> <QtWidgets/QDialog> <QtWidgets/QLabel> <QtWidgets/QLineEdit> <QtWidgets/QMenu> <QtWidgets/QPushButton>
      <QtWidgets/QToolButton>)
  else()
    target_precompile_headers(${name} REUSE_FROM adit_pch)
  endif()
  target_compile_options(${name} PRIVATE -fpch-preprocess)
endfunction()

# adit_add_library(NAME SOURCES ... DEPS ...): one static library a folder of core, with the project's options.
function(adit_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC adit_options ${ARG_DEPS})
  if(ADIT_PORTABLE)
    # Only the files that ask are told: the commands of all others are those of `ci`, and come from the cache.
    foreach(source IN LISTS ARG_SOURCES)
      file(STRINGS ${source} asks REGEX "ADIT_PORTABLE|core/http/scan\\.h" LIMIT_COUNT 1)
      if(asks)
        set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS ADIT_PORTABLE=1)
      endif()
    endforeach()
  endif()
  adit_precompile(${name})
endfunction()

# adit_add_test(NAME SOURCES ... DEPS ... [TIMEOUT s]): one Qt Test executable, registered with ctest under its name.
function(adit_add_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  # One call of moc per test instead of AUTOMOC, whose two helper targets and extra source a test cost more than most tests.
  foreach(source IN LISTS ARG_SOURCES)
    if(source MATCHES "_test\\.cpp$")
      get_filename_component(base ${source} NAME_WE)
      set(moc ${CMAKE_CURRENT_BINARY_DIR}/${name}.moc.d/${base}.moc)
      add_custom_command(OUTPUT ${moc} COMMAND Qt6::moc -o ${moc} ${CMAKE_CURRENT_SOURCE_DIR}/${source}
        DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source} VERBATIM)
      target_sources(${name} PRIVATE ${moc})
      file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${name}.moc.d)
    endif()
  endforeach()
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${name}.moc.d)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} adit_options adit_test_options Qt6::Test)
  target_compile_definitions(${name} PRIVATE QT_NO_KEYWORDS)
  adit_precompile(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  if(ADIT_SANITIZE STREQUAL "thread")
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1 halt_on_error=1")
  elseif(ADIT_SANITIZE STREQUAL "address")
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "ASAN_OPTIONS=detect_stack_use_after_return=1;LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/data/lsan.supp")
  endif()
endfunction()
