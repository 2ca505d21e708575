# SPDX-License-Identifier: Apache-2.0
# Two sets of precompiled headers: those of the standard library and fmt for code without Qt, and those of Qt Core for the tests (Qt
# needs position-independent code, so the two cannot share one). No file depends on them: each includes what it uses, and presets
# without precompiled headers build, too.
if(ADIT_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  file(WRITE ${CMAKE_BINARY_DIR}/pch/empty.cpp "")
  set(_adit_std <algorithm> <array> <chrono> <cstdint> <cstring> <filesystem> <functional> <memory> <mutex> <optional> <span>
    <string> <string_view> <unordered_map> <utility> <variant> <vector> <tl/expected.hpp> <spdlog/fmt/fmt.h>)
  add_library(adit_pch OBJECT ${CMAKE_BINARY_DIR}/pch/empty.cpp)
  # As core/base does, because that decides how fmt is compiled.
  target_link_libraries(adit_pch PRIVATE adit_options tl::expected spdlog::spdlog Threads::Threads)
  target_compile_options(adit_pch PUBLIC -fpch-preprocess)
  target_precompile_headers(adit_pch PRIVATE ${_adit_std})
  if(ADIT_BUILD_TESTS)
    add_library(adit_test_pch OBJECT ${CMAKE_BINARY_DIR}/pch/empty.cpp)
    # Not Qt6::Test, whose headers differ for the tests of the window.
    target_link_libraries(adit_test_pch PRIVATE adit_options Qt6::Core tl::expected spdlog::spdlog Threads::Threads)
    target_compile_definitions(adit_test_pch PRIVATE QT_NO_KEYWORDS)
    target_compile_options(adit_test_pch PUBLIC -fpch-preprocess)
    target_precompile_headers(adit_test_pch PRIVATE ${_adit_std} <QtCore/QtCore>)
  endif()
endif()

# Additional options for the code of the tests. Most of it are Qt Test's macros, and optimizing them or checking them for undefined
# behaviour takes longer than compiling them. The code under test has both. (_FORTIFY_SOURCE needs an optimizer. SHELL: keeps CMake
# from dropping an option that it has seen before.) Not with ThreadSanitizer, where tests that work byte by byte would take three
# times as long, and some would time out.
add_library(adit_test_options INTERFACE)
if(NOT MSVC AND NOT ADIT_SANITIZE STREQUAL "thread")
  target_compile_options(adit_test_options INTERFACE "SHELL:-O0 -U_FORTIFY_SOURCE")
endif()
if(ADIT_SANITIZE STREQUAL "address")
  target_compile_options(adit_test_options INTERFACE -fno-sanitize=undefined)
endif()
# There are a hundred executables, and gold (if binutils has it) links one in a fifth of the time.
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

# Gives a target the matching precompiled headers.
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

# adit_add_library(NAME SOURCES ... DEPS ...): a static library with the project's options, one per folder of core.
function(adit_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC adit_options ${ARG_DEPS})
  if(ADIT_PORTABLE)
    # Only the files that need it, so that the commands of all others are those of `ci`, whose results are in the cache.
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
  # One call of moc per test instead of AUTOMOC, whose two helper targets and extra source file cost more time than most tests.
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
