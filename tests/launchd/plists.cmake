# SPDX-License-Identifier: MIT
# Plists, good and wrong, through the checker; and what we render through it and two readers that are not ours.
add_test(NAME launchd.plists COMMAND ${CMAKE_CURRENT_LIST_DIR}/check $<TARGET_FILE:tunnelctl>)
add_test(NAME launchd.rendered COMMAND ${CMAKE_CURRENT_LIST_DIR}/rendered $<TARGET_FILE:tunnelctl>)
set_tests_properties(launchd.rendered PROPERTIES SKIP_RETURN_CODE 77)
