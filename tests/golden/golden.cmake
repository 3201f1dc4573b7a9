# SPDX-License-Identifier: MIT
# The example units beside their INI files, byte for byte; the target update-units writes them anew.
set(GOLDEN ${CMAKE_CURRENT_LIST_DIR}/golden $<TARGET_FILE:tunnelctl>)
set(GOLDEN_UPDATE ${CMAKE_CURRENT_LIST_DIR}/golden --update $<TARGET_FILE:tunnelctl>)
list(TRANSFORM backend_lines REPLACE "^BACKEND\\(([a-z]+)\\).*" "\\1" OUTPUT_VARIABLE golden_backends)
list(JOIN golden_backends " " golden_backends)
file(GLOB golden_inis CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/units ${CMAKE_SOURCE_DIR}/units/*.ini)
list(REMOVE_ITEM golden_inis phone-home.ini)
list(PREPEND golden_inis phone-home.ini)

set(golden_units ${CMAKE_SOURCE_DIR}/units "${golden_backends}" ${golden_inis})
set(golden_standalone ${CMAKE_CURRENT_LIST_DIR}/standalone "${golden_backends}" --standalone phone-home.ini)
add_test(NAME golden.units COMMAND ${GOLDEN} ${golden_units} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/units)
add_test(NAME golden.standalone COMMAND ${GOLDEN} ${golden_standalone}
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/units)
add_custom_target(update-units
  COMMAND ${GOLDEN_UPDATE} ${golden_units}
  COMMAND ${GOLDEN_UPDATE} ${golden_standalone}
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/units VERBATIM)

find_program(PYTHON3 python3)
if(PYTHON3)
  add_test(NAME golden.plist
           COMMAND ${PYTHON3} ${CMAKE_CURRENT_LIST_DIR}/plist.py
                   ${CMAKE_SOURCE_DIR}/units/org.tunnelctl.phone-home.plist
                   ${CMAKE_CURRENT_LIST_DIR}/standalone/org.tunnelctl.phone-home.plist)
else()
  add_test(NAME golden.plist COMMAND sh -c "echo 'golden.plist: SKIPPED: python3 is not installed'; exit 77")
endif()
add_test(NAME verify.systemd
         COMMAND ${CMAKE_CURRENT_LIST_DIR}/verify $<TARGET_FILE:tunnelctl> $<TARGET_FILE:tunnelctl-run>
                 ${golden_inis}
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/units)
set_tests_properties(golden.plist verify.systemd PROPERTIES SKIP_RETURN_CODE 77)
