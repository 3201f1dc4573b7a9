# SPDX-License-Identifier: MIT
# Builds the static programs for old hosts with what npm and apt give, and runs them: beside the programs of this build,
# under a filter that leaves of Linux what 2.6.32 had, and where there is nothing else at all.
set(folder ${CMAKE_BINARY_DIR}/static)
add_test(NAME static.build COMMAND ${CMAKE_SOURCE_DIR}/packaging/static/build --output ${folder})
set_tests_properties(static.build PROPERTIES FIXTURES_SETUP static RUN_SERIAL ON)
foreach(name refusals units old-kernel bare)
  add_test(NAME static.${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/static/${name} ${folder} $<TARGET_FILE_DIR:tunnelctl>)
  set_tests_properties(static.${name} PROPERTIES FIXTURES_REQUIRED static)
  list(APPEND static_tests static.${name})
endforeach()
set_tests_properties(static.build ${static_tests} PROPERTIES LABELS static SKIP_RETURN_CODE 77 TIMEOUT 600)
