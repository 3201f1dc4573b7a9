# SPDX-License-Identifier: MIT
# upstart's jobs as files: good and broken ones through the checker, what is rendered for four releases, and what is made of
# init-checkconf's word, for which a stand-in is linked.
add_test(NAME upstart.jobs COMMAND ${CMAKE_CURRENT_LIST_DIR}/check $<TARGET_FILE:tunnelctl>)
set_tests_properties(upstart.jobs PROPERTIES TIMEOUT 120)
add_test(NAME upstart.golden
         COMMAND ${CMAKE_CURRENT_LIST_DIR}/golden $<TARGET_FILE:tunnelctl> ${CMAKE_SOURCE_DIR}/units)
add_custom_command(TARGET update-units POST_BUILD
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/golden --update $<TARGET_FILE:tunnelctl> ${CMAKE_SOURCE_DIR}/units VERBATIM)

add_executable(tunnelctl-checkconf ${CMAKE_SOURCE_DIR}/src/cli/main.c ${CMAKE_CURRENT_LIST_DIR}/checkconf.c
               ${CMAKE_CURRENT_LIST_DIR}/../upstart/program.c)
target_compile_definitions(tunnelctl-checkconf PRIVATE
                           CHECKCONF_STANDIN="${CMAKE_CURRENT_LIST_DIR}/init-checkconf"
                           INITCTL_STANDIN="${CMAKE_CURRENT_LIST_DIR}/../upstart/initctl")
target_link_libraries(tunnelctl-checkconf PRIVATE cli)
add_test(NAME upstart.verify COMMAND ${CMAKE_CURRENT_LIST_DIR}/verify $<TARGET_FILE:tunnelctl-checkconf>
         $<TARGET_FILE:tunnelctl-run>)
set_tests_properties(upstart.verify PROPERTIES TIMEOUT 60)

# An account of our own, in a mount namespace: as root only.
add_test(NAME upstart.account COMMAND ${CMAKE_CURRENT_LIST_DIR}/account $<TARGET_FILE_DIR:tunnelctl>)
set_tests_properties(upstart.account PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120)

add_test(NAME upstart.import COMMAND ${CMAKE_CURRENT_LIST_DIR}/import $<TARGET_FILE:tunnelctl>)
