# SPDX-License-Identifier: MIT
# Hostile arguments, variables and descriptions through our renderer and systemd's own parser.
if(NOT APPLE)
  add_executable(roundtrip_systemd ${CMAKE_CURRENT_LIST_DIR}/systemd.c)
  target_link_libraries(roundtrip_systemd PRIVATE backends model base)
  add_test(NAME roundtrip.systemd COMMAND roundtrip_systemd)
  set_tests_properties(roundtrip.systemd PROPERTIES SKIP_RETURN_CODE 77)
endif()
