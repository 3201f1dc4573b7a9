# SPDX-License-Identifier: MIT
# Real ssh and sshd on loopback, through the built programs; and what the unit tests of ssh and runner need.
if(TARGET test_argv)
  add_custom_target(update-argv COMMAND ${CMAKE_COMMAND} -E env TUNNELCTL_UPDATE=1 $<TARGET_FILE:test_argv>
                    COMMENT "Writing tests/golden/argv-*")
endif()

foreach(name trial trial-root trial-pane g-oracle forwards hostkeys jump proxy device runner run retries proof reclaim classes wayin old-host)
  add_test(NAME ssh.${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/${name} $<TARGET_FILE_DIR:tunnelctl>)
  set_tests_properties(ssh.${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120)
endforeach()
set_tests_properties(ssh.trial PROPERTIES TIMEOUT 300) # sixty whole tests

if(TARGET test_server)
  add_custom_target(update-server COMMAND ${CMAKE_COMMAND} -E env TUNNELCTL_UPDATE=1 $<TARGET_FILE:test_server>
                    COMMENT "Writing tests/golden/server-*, one for each example in units")
endif()

foreach(tool ncat corkscrew none)
  add_test(NAME ssh.proxy-${tool} COMMAND ${CMAKE_CURRENT_LIST_DIR}/proxy-tools $<TARGET_FILE_DIR:tunnelctl> ${tool})
  set_tests_properties(ssh.proxy-${tool} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120)
endforeach()

# The server's half: what is printed, against a real sshd; and put there over ssh, which needs root.
# The key, and the server's host keys.
foreach(name authorize authorize-install keygen trust)
  add_test(NAME ssh.${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/${name} $<TARGET_FILE_DIR:tunnelctl>)
  set_tests_properties(ssh.${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 240)
endforeach()
set_tests_properties(ssh.authorize-install PROPERTIES TIMEOUT 400) # many logins, and the server's own waits
