# SPDX-License-Identifier: MIT
# The stand-in for launchctl and launchd, judged by itself; and the first Mac's tests against it.
add_test(NAME launchd.standin COMMAND ${CMAKE_CURRENT_LIST_DIR}/standin)
set_tests_properties(launchd.standin PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 60)
add_test(NAME launchd.record COMMAND ${CMAKE_CURRENT_LIST_DIR}/record)
set_tests_properties(launchd.record PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
add_test(NAME launchd.accept COMMAND ${CMAKE_CURRENT_LIST_DIR}/accept $<TARGET_FILE_DIR:tunnelctl>)
set_tests_properties(launchd.accept PROPERTIES SKIP_RETURN_CODE 77 RUN_SERIAL ON TIMEOUT 240)

# What launchctl answers, replayed, and what tunnelctl makes of it.
add_test(NAME launchd.replay COMMAND ${CMAKE_CURRENT_LIST_DIR}/run $<TARGET_FILE:tunnelctl-standin>)
set_tests_properties(launchd.replay PROPERTIES TIMEOUT 500)

# Whoever types `restart` may sit inside the tunnel.
add_test(NAME launchd.hangup COMMAND ${CMAKE_CURRENT_LIST_DIR}/hangup $<TARGET_FILE:tunnelctl-standin>)
set_tests_properties(launchd.hangup PROPERTIES TIMEOUT 240)
