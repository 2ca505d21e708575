# SPDX-License-Identifier: Apache-2.0
# ngtcp2 1.11 or newer and its GnuTLS helpers, as the target adit::ngtcp2: the system's if it is new enough, otherwise the one that
# installer/ngtcp2.sh unpacked into build/ngtcp2. Linked statically if there is an archive, so that the programs run on machines
# without ngtcp2. -DADIT_NGTCP2=system uses the system's version, 0.12.1 or newer.
set(ADIT_NGTCP2 "auto" CACHE STRING "Which ngtcp2: auto (1.11 or newer) or system (the system's own, 0.12.1 or newer)")
set_property(CACHE ADIT_NGTCP2 PROPERTY STRINGS auto system)

set(_minimum 1.11)
if(ADIT_NGTCP2 STREQUAL "system")
  pkg_check_modules(_adit_ngtcp2_own QUIET libngtcp2>=0.12.1)
elseif(ADIT_NGTCP2 STREQUAL "auto")
  pkg_check_modules(_adit_ngtcp2_own QUIET libngtcp2>=${_minimum})
else()
  message(FATAL_ERROR "ADIT_NGTCP2 is '${ADIT_NGTCP2}'; it must be auto or system")
endif()
# Otherwise the cached paths of an earlier run, perhaps with the other choice, would be used.
unset(ADIT_NGTCP2_INCLUDE CACHE)
unset(ADIT_NGTCP2_LIBRARY CACHE)
unset(ADIT_NGTCP2_CRYPTO_LIBRARY CACHE)
if(_adit_ngtcp2_own_FOUND)
  pkg_get_variable(_include libngtcp2 includedir)
  pkg_get_variable(_libraries libngtcp2 libdir)
else()
  if(ADIT_NGTCP2 STREQUAL "system")
    message(FATAL_ERROR "This system has no ngtcp2 0.12.1 or newer with its GnuTLS helpers (libngtcp2-dev, libngtcp2-crypto-gnutls-dev)")
  endif()
  file(GLOB _libraries ${CMAKE_SOURCE_DIR}/build/ngtcp2/usr/lib/*/libngtcp2.a)
  if(NOT _libraries)
    message(FATAL_ERROR "There is no ngtcp2 ${_minimum} here. Run ./installer/packages.sh build, which takes Debian's backport of it into "
      "build/ngtcp2, or configure with -DADIT_NGTCP2=system to build with the system's older one (0.12.1: CUBIC only).")
  endif()
  get_filename_component(_libraries ${_libraries} DIRECTORY)
  set(_include ${CMAKE_SOURCE_DIR}/build/ngtcp2/usr/include)
endif()
find_path(ADIT_NGTCP2_INCLUDE ngtcp2/ngtcp2_crypto_gnutls.h PATHS ${_include} NO_DEFAULT_PATH REQUIRED)
find_library(ADIT_NGTCP2_LIBRARY NAMES libngtcp2.a ngtcp2 PATHS ${_libraries} NO_DEFAULT_PATH REQUIRED)
find_library(ADIT_NGTCP2_CRYPTO_LIBRARY NAMES libngtcp2_crypto_gnutls.a ngtcp2_crypto_gnutls PATHS ${_libraries} NO_DEFAULT_PATH REQUIRED)
mark_as_advanced(ADIT_NGTCP2_INCLUDE ADIT_NGTCP2_LIBRARY ADIT_NGTCP2_CRYPTO_LIBRARY)

add_library(adit_ngtcp2 INTERFACE)
add_library(adit::ngtcp2 ALIAS adit_ngtcp2)
target_include_directories(adit_ngtcp2 SYSTEM INTERFACE ${ADIT_NGTCP2_INCLUDE})
target_link_libraries(adit_ngtcp2 INTERFACE ${ADIT_NGTCP2_CRYPTO_LIBRARY} ${ADIT_NGTCP2_LIBRARY} PkgConfig::GNUTLS)

file(STRINGS ${ADIT_NGTCP2_INCLUDE}/ngtcp2/version.h _version REGEX "define NGTCP2_VERSION \"")
string(REGEX REPLACE ".*\"(.*)\".*" "\\1" _version "${_version}")
message(STATUS "ngtcp2 ${_version}: ${ADIT_NGTCP2_LIBRARY}")
if(_version VERSION_LESS _minimum)
  message(WARNING "ngtcp2 ${_version} has no usable BBR: this build has CUBIC only, whose throughput collapses where packets are "
    "lost on a long path (0.2 instead of 9 MB/s at 100 ms and 1 %), and a connected client costs the server twice the memory.")
endif()
