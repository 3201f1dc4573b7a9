# SPDX-License-Identifier: MIT
# Builds for both kinds of Mac with what npm and apt give, then shows that the checks of the result can fail. What was
# downloaded stays in ~/.cache/tunnelctl-packaging, so that a clean checkout does not fetch it anew.
add_test(NAME macos.build COMMAND ${CMAKE_SOURCE_DIR}/packaging/macos/build --output ${CMAKE_BINARY_DIR}/macos)
add_test(NAME macos.refusals COMMAND ${CMAKE_CURRENT_LIST_DIR}/macos/refusals ${CMAKE_BINARY_DIR}/macos)
set_tests_properties(macos.build PROPERTIES FIXTURES_SETUP macos RUN_SERIAL ON)
set_tests_properties(macos.refusals PROPERTIES FIXTURES_REQUIRED macos)
set_tests_properties(macos.build macos.refusals PROPERTIES LABELS macos SKIP_RETURN_CODE 77 TIMEOUT 600)
