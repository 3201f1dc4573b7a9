# SPDX-License-Identifier: MIT
# What must hold for every key, every backend and every file of the tree.
if(CMOCKA_FOUND)
  add_executable(property_destinations ${CMAKE_CURRENT_LIST_DIR}/destinations.c)
  target_link_libraries(property_destinations PRIVATE backends model base PkgConfig::CMOCKA)
  add_test(NAME property.destinations COMMAND property_destinations)
endif()

if(APPLE)
  return() # the scripts want GNU tools, and are about the sources alone
endif()

# Copies of the tree, changed and built without sanitizers: a few seconds each.
foreach(name new-key new-backend)
  add_test(NAME property.${name}
           COMMAND ${CMAKE_CURRENT_LIST_DIR}/${name} -G ${CMAKE_GENERATOR}
                   -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER} -DWITH_SYSTEMD=${WITH_SYSTEMD})
  set_tests_properties(property.${name} PROPERTIES PROCESSORS 2 TIMEOUT 300)
endforeach()
add_test(NAME property.layers
         COMMAND ${CMAKE_CURRENT_LIST_DIR}/layers $<TARGET_FILE:tunnelctl> $<TARGET_FILE:tunnelctl-run>)
