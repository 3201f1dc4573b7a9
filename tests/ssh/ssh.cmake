# SPDX-License-Identifier: MIT
# Real ssh and sshd on loopback, through the built programs; and what the unit tests of ssh and runner need.
if(TARGET test_argv)
  add_custom_target(update-argv COMMAND ${CMAKE_COMMAND} -E env TUNNELCTL_UPDATE=1 $<TARGET_FILE:test_argv>
                    COMMENT "Writing tests/golden/argv-*")
endif()

foreach(name g-oracle forwards hostkeys jump runner run retries proof reclaim classes old-host)
  add_test(NAME ssh.${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/${name} $<TARGET_FILE_DIR:tunnelctl>)
  set_tests_properties(ssh.${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120)
endforeach()
