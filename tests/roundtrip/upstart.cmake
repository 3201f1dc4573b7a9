# SPDX-License-Identifier: MIT
# Our escapers against a model of upstart's lexer and the real /bin/sh; the model against what upstart did.

# It runs in ssh's place ten thousand times: the smaller the better, so without sanitizers.
add_executable(upstart_dump ${CMAKE_CURRENT_LIST_DIR}/upstart-dump.c)
if(WITH_SANITIZERS)
  target_compile_options(upstart_dump PRIVATE -fno-sanitize=all)
  target_link_options(upstart_dump PRIVATE -fno-sanitize=all)
endif()

function(upstart_roundtrip name)
  add_executable(roundtrip_upstart_${name} ${CMAKE_CURRENT_LIST_DIR}/upstart-${name}.c
                 ${CMAKE_CURRENT_LIST_DIR}/upstart-run.c)
  target_link_libraries(roundtrip_upstart_${name} PRIVATE backends ssh model base PkgConfig::JANSSON)
  add_test(NAME roundtrip.upstart-${name}
           COMMAND roundtrip_upstart_${name} $<TARGET_FILE:upstart_dump> ${ARGN})
  set_tests_properties(roundtrip.upstart-${name} PROPERTIES SKIP_RETURN_CODE 77)
endfunction()
upstart_roundtrip(probes ${CMAKE_CURRENT_LIST_DIR}/upstart-probes.txt)
upstart_roundtrip(argv)
