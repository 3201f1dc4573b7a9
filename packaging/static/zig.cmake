# SPDX-License-Identifier: MIT
# CMake's toolchain file for static Linux programs: zig brings clang, a linker, musl and the kernel's headers.
# packaging/static/build passes
#
#   ZIG_EXECUTABLE       the program zig
#   ZIG_STATIC_ARCH      x86_64, x86 or aarch64
#   ZIG_STATIC_OPTIONS   for the compiler, a list
#   ZIG_STATIC_PREFIX    where the libraries for that architecture are; nothing else is searched
#   ZIG_WRAP_DIR         where two small scripts go: CMake wants ar and ranlib to be one file each
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${ZIG_STATIC_ARCH})

# The checks that CMake compiles read this file too, as projects of their own, and must see the same values.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG_EXECUTABLE ZIG_STATIC_ARCH ZIG_STATIC_OPTIONS ZIG_STATIC_PREFIX
     ZIG_WRAP_DIR)
foreach(variable ZIG_EXECUTABLE ZIG_STATIC_ARCH ZIG_STATIC_PREFIX ZIG_WRAP_DIR)
  if(NOT ${variable})
    message(FATAL_ERROR "${variable} is not set; packaging/static/build sets it")
  endif()
endforeach()

set(CMAKE_C_COMPILER "${ZIG_EXECUTABLE}" cc -target ${ZIG_STATIC_ARCH}-linux-musl ${ZIG_STATIC_OPTIONS})

# Without -O zig would put traps of UBSan into a program.
set(CMAKE_C_FLAGS_INIT "-fno-sanitize=undefined")

# Not position independent: whether so old a kernel loads a static program anywhere was not tried.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -no-pie -Wl,--gc-sections -s")

foreach(tool ar ranlib)
  if(NOT EXISTS "${ZIG_WRAP_DIR}/zig-${tool}")
    file(WRITE "${ZIG_WRAP_DIR}/zig-${tool}" "#!/bin/sh\nexec \"${ZIG_EXECUTABLE}\" ${tool} \"$@\"\n")
    file(CHMOD "${ZIG_WRAP_DIR}/zig-${tool}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  endif()
endforeach()
set(CMAKE_AR "${ZIG_WRAP_DIR}/zig-ar" CACHE FILEPATH "" FORCE)
set(CMAKE_RANLIB "${ZIG_WRAP_DIR}/zig-ranlib" CACHE FILEPATH "" FORCE)

list(APPEND CMAKE_FIND_ROOT_PATH "${ZIG_STATIC_PREFIX}")
list(APPEND CMAKE_PREFIX_PATH "${ZIG_STATIC_PREFIX}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
