# The one file that knows where OpenJPH comes from. Defines the target htj2k_openjph.
#
# In this order:
#   1. -DOPENJPH_SOURCE_DIR=<dir>      sources somewhere on this machine
#   2. -DHTJ2K_SYSTEM_OPENJPH=ON       an installed OpenJPH >= 0.32
#   3. extern/openjph                  sources inside this project's own sdist, so that it builds offline
#   4. the openexr sdist on PyPI       it carries the same sources, and whoever runs pip can reach it
set(OPENJPH_VERSION_PINNED 0.32.0)
set(openexr_requirement openexr==3.5.3)
set(openexr_sdist openexr-3.5.3.tar.gz)
set(openexr_sha256 5645cc5493802832860a715ceb621139b44ee867084cec1501a2b8685e40d88a)
set(openjph_sdist_dir "${CMAKE_CURRENT_SOURCE_DIR}/extern/openjph")

function(htj2k_cache_dir out)
  if(DEFINED ENV{HTJ2K_CACHE_DIR})
    set(dir "$ENV{HTJ2K_CACHE_DIR}")
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(dir "$ENV{XDG_CACHE_HOME}/htj2k")
  elseif(DEFINED ENV{LOCALAPPDATA})
    set(dir "$ENV{LOCALAPPDATA}/htj2k")
  elseif(DEFINED ENV{HOME})
    set(dir "$ENV{HOME}/.cache/htj2k")
  else()
    set(dir "${CMAKE_CURRENT_BINARY_DIR}/cache")
  endif()
  file(TO_CMAKE_PATH "${dir}" dir)
  set(${out} "${dir}" PARENT_SCOPE)
endfunction()

# Sets `out` to TRUE when `file` exists and is the pinned archive, whole.
function(htj2k_is_pinned_archive file out)
  set(${out} FALSE PARENT_SCOPE)
  if(EXISTS "${file}")
    file(SHA256 "${file}" actual)
    if(actual STREQUAL openexr_sha256)
      set(${out} TRUE PARENT_SCOPE)
    endif()
  endif()
endfunction()

# Downloads the archive with pip into a private folder, checks it, then renames it into the cache: parallel
# builds may race for the cache, and the loser only replaces a file by an equal one.
function(htj2k_download_archive archive)
  find_package(Python REQUIRED COMPONENTS Interpreter)
  string(RANDOM LENGTH 8 suffix)
  get_filename_component(cache "${archive}" DIRECTORY)
  set(private "${cache}/download-${suffix}")
  file(MAKE_DIRECTORY "${private}")
  # With --require-hashes pip checks the archive before it runs anything that is inside.
  file(WRITE "${private}/requirements.txt" "${openexr_requirement} --hash=sha256:${openexr_sha256}\n")
  message(STATUS "OpenJPH ${OPENJPH_VERSION_PINNED}: downloading ${openexr_requirement} (26 MB) with pip")
  execute_process(
    COMMAND
      "${Python_EXECUTABLE}" -m pip download --quiet --disable-pip-version-check --no-deps
      --ignore-requires-python --no-binary openexr --require-hashes --requirement
      "${private}/requirements.txt" --dest "${private}"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output
  )
  htj2k_is_pinned_archive("${private}/${openexr_sdist}" whole)
  if(whole)
    file(RENAME "${private}/${openexr_sdist}" "${archive}")
  endif()
  file(REMOVE_RECURSE "${private}")
  if(NOT whole)
    message(
      FATAL_ERROR
      "OpenJPH's sources could not be downloaded: pip (exit code ${result}) said:\n${output}\n"
      "Either let pip reach its package index, or give the sources with -DOPENJPH_SOURCE_DIR=<folder of "
      "OpenJPH ${OPENJPH_VERSION_PINNED}>, or use an installed OpenJPH with -DHTJ2K_SYSTEM_OPENJPH=ON."
    )
  endif()
endfunction()

function(htj2k_fetch_openjph out)
  htj2k_cache_dir(cache)
  set(archive "${cache}/${openexr_sdist}")
  htj2k_is_pinned_archive("${archive}" cached)
  if(NOT cached)
    htj2k_download_archive("${archive}")
  endif()
  set(root "${CMAKE_CURRENT_BINARY_DIR}/openjph-source")
  file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${root}" PATTERNS "*/external/OpenJPH/*")
  set(${out} "${root}/openexr-3.5.3/external/OpenJPH" PARENT_SCOPE)
endfunction()

if(OPENJPH_SOURCE_DIR)
  set(openjph_dir "${OPENJPH_SOURCE_DIR}")
  set(openjph_origin "OPENJPH_SOURCE_DIR=${OPENJPH_SOURCE_DIR}")
elseif(HTJ2K_SYSTEM_OPENJPH)
  set(openjph_origin "the installed library")
elseif(EXISTS "${openjph_sdist_dir}/CMakeLists.txt" AND NOT SKBUILD_STATE STREQUAL "sdist")
  set(openjph_dir "${openjph_sdist_dir}")
  set(openjph_origin "extern/openjph of this source distribution")
else()
  htj2k_fetch_openjph(openjph_dir)
  set(openjph_origin "${openexr_requirement} from the package index, hash checked")
endif()
message(STATUS "OpenJPH: ${openjph_origin}")

if(SKBUILD_STATE STREQUAL "sdist")
  file(REMOVE_RECURSE "${openjph_sdist_dir}")
  file(COPY "${openjph_dir}/" DESTINATION "${openjph_sdist_dir}")
  return()
endif()

add_library(htj2k_openjph INTERFACE)
if(HTJ2K_SYSTEM_OPENJPH)
  find_package(openjph 0.32 CONFIG REQUIRED)
  target_link_libraries(htj2k_openjph INTERFACE openjph)
  return()
endif()

# OpenJPH's own CMake predates policy CMP0077, so its options are set as cache variables.
set(OJPH_BUILD_EXECUTABLES OFF CACHE INTERNAL "")
set(OJPH_INSTALL OFF CACHE INTERNAL "")
set(OJPH_ENABLE_TIFF_SUPPORT OFF CACHE INTERNAL "")
set(BUILD_SHARED_LIBS OFF)
add_subdirectory("${openjph_dir}" "${CMAKE_CURRENT_BINARY_DIR}/openjph" EXCLUDE_FROM_ALL)
# Its code is not ours to warn about, and carries -Wconversion in its own flags.
set_target_properties(openjph PROPERTIES CXX_CLANG_TIDY "")
if(NOT MSVC)
  target_compile_options(openjph PRIVATE -w)
endif()
# It shifts negative values to the left, which C++20 defines, and compilers did before; and its AVX2 encoder shifts by
# 64, but only zeros: empty codewords behind others that fill 64 bits.
if(CMAKE_CXX_FLAGS MATCHES "sanitize=[^ ]*undefined")
  target_compile_options(openjph PRIVATE -fno-sanitize=shift)
endif()
# It asserts what damaged codeblocks break (bytes after FF in the MEL segment), which ends the process; without
# assertions such blocks are decoded to other samples or refused.
target_compile_definitions(openjph PRIVATE NDEBUG)
# A malloc that fails must not crash it; see there.
set(openjph_malloc "${CMAKE_CURRENT_SOURCE_DIR}/cpp/core/openjph_malloc.hpp")
if(MSVC)
  target_compile_options(openjph PRIVATE $<$<COMPILE_LANGUAGE:CXX>:/FI${openjph_malloc}>)
else()
  target_compile_options(openjph PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${openjph_malloc}>")
endif()
target_include_directories(
  htj2k_openjph
  SYSTEM
  INTERFACE "${openjph_dir}/src/core" "${openjph_dir}/src/core/openjph"
)
target_link_libraries(htj2k_openjph INTERFACE openjph)
# An installed library shows neither the headers nor the symbols of its block decoders.
target_compile_definitions(htj2k_openjph INTERFACE HTJ2K_HAS_BLOCK_DECODERS=1)
