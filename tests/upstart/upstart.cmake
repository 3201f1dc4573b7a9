# SPDX-License-Identifier: MIT
# tunnelctl whose initctl is the stand-in.
add_executable(tunnelctl-initctl-standin ${CMAKE_SOURCE_DIR}/src/cli/main.c ${CMAKE_CURRENT_LIST_DIR}/program.c)
target_compile_definitions(tunnelctl-initctl-standin
                           PRIVATE INITCTL_STANDIN="${CMAKE_CURRENT_LIST_DIR}/initctl")
target_link_libraries(tunnelctl-initctl-standin PRIVATE cli)
set_target_properties(tunnelctl-initctl-standin PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

# What initctl answers, replayed, and what tunnelctl makes of it.
add_test(NAME upstart.replay COMMAND ${CMAKE_CURRENT_LIST_DIR}/run $<TARGET_FILE:tunnelctl-initctl-standin>)
set_tests_properties(upstart.replay PROPERTIES TIMEOUT 300)

# Whoever types `restart` may sit inside the tunnel.
add_test(NAME upstart.hangup COMMAND ${CMAKE_CURRENT_LIST_DIR}/hangup $<TARGET_FILE:tunnelctl-initctl-standin>)
set_tests_properties(upstart.hangup PROPERTIES TIMEOUT 120)

# A real tunnel under an imitation of init.
add_test(NAME upstart.live COMMAND ${CMAKE_CURRENT_LIST_DIR}/live $<TARGET_FILE_DIR:tunnelctl>)
set_tests_properties(upstart.live PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
