# SPDX-License-Identifier: MIT
# CMake's toolchain file for macOS on Linux: zig brings clang, a Mach-O linker, Apple's libc headers and a list of what
# libSystem exports. There is no framework among them. packaging/macos/build passes
#
#   ZIG_EXECUTABLE     the program zig
#   ZIG_MACOS_ARCH     aarch64 or x86_64
#   ZIG_MACOS_PREFIX   where the libraries for that architecture are; nothing else is searched
#   ZIG_WRAP_DIR       where two small scripts go: CMake wants ar and ranlib to be one file each
#
# What it works around was seen with CMake 3.25 and zig 0.14.0-dev.2456.

set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_VERSION 20) # macOS 11

# The checks that CMake compiles read this file too, as projects of their own, and must see the same values.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG_EXECUTABLE ZIG_MACOS_ARCH ZIG_MACOS_PREFIX ZIG_WRAP_DIR)
foreach(variable ZIG_EXECUTABLE ZIG_MACOS_ARCH ZIG_MACOS_PREFIX ZIG_WRAP_DIR)
  if(NOT ${variable})
    message(FATAL_ERROR "${variable} is not set; packaging/macos/build sets it")
  endif()
endforeach()

set(CMAKE_SYSTEM_PROCESSOR ${ZIG_MACOS_ARCH})
if(ZIG_MACOS_ARCH STREQUAL "aarch64")
  set(CMAKE_SYSTEM_PROCESSOR arm64)
endif()

# The version is the oldest macOS that the programs are for. Left out, each zig has another default.
set(CMAKE_C_COMPILER "${ZIG_EXECUTABLE}" cc -target ${ZIG_MACOS_ARCH}-macos.11.0)

# What came after 11.0 is refused where it is called. Without -O zig would put traps of UBSan into a program.
set(CMAKE_C_FLAGS_INIT "-Werror=unguarded-availability -fno-sanitize=undefined")

# Room for the load command of a code signature: for x86_64 zig writes none, and leaves no room for one either.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-headerpad,0x400")

foreach(tool ar ranlib)
  if(NOT EXISTS "${ZIG_WRAP_DIR}/zig-${tool}")
    file(WRITE "${ZIG_WRAP_DIR}/zig-${tool}" "#!/bin/sh\nexec \"${ZIG_EXECUTABLE}\" ${tool} \"$@\"\n")
    file(CHMOD "${ZIG_WRAP_DIR}/zig-${tool}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  endif()
endforeach()
set(CMAKE_AR "${ZIG_WRAP_DIR}/zig-ar" CACHE FILEPATH "" FORCE)
set(CMAKE_RANLIB "${ZIG_WRAP_DIR}/zig-ranlib" CACHE FILEPATH "" FORCE)

# Or CMake looks for Xcode, and adds -arch and -isysroot to what -target has already said.
set(CMAKE_OSX_SYSROOT "" CACHE STRING "" FORCE)
set(CMAKE_OSX_ARCHITECTURES "" CACHE STRING "" FORCE)
set(CMAKE_OSX_DEPLOYMENT_TARGET "" CACHE STRING "" FORCE)
if(NOT CMAKE_INSTALL_NAME_TOOL)
  # CMake wants one for every project for Darwin; nothing here has an install name to change.
  find_program(CMAKE_INSTALL_NAME_TOOL NAMES llvm-install-name-tool llvm-install-name-tool-14 true)
endif()

list(APPEND CMAKE_FIND_ROOT_PATH "${ZIG_MACOS_PREFIX}")
list(APPEND CMAKE_PREFIX_PATH "${ZIG_MACOS_PREFIX}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
