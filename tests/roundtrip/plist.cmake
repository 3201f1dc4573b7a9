# SPDX-License-Identifier: MIT
# Hostile arguments through libplist and back through plistlib and xmllint.
add_executable(roundtrip_plist ${CMAKE_CURRENT_LIST_DIR}/plist.c)
target_link_libraries(roundtrip_plist PRIVATE backends model base)
find_program(PYTHON3 python3)
if(PYTHON3)
  add_test(NAME roundtrip.plist
           COMMAND ${PYTHON3} ${CMAKE_CURRENT_LIST_DIR}/plist_check.py $<TARGET_FILE:roundtrip_plist>
                   ${CMAKE_CURRENT_LIST_DIR}/PropertyList-1.0.dtd 20000 1)
else()
  add_test(NAME roundtrip.plist
           COMMAND sh -c "echo 'roundtrip.plist: SKIPPED: python3 is not installed'; exit 77")
endif()
set_tests_properties(roundtrip.plist PROPERTIES SKIP_RETURN_CODE 77)
