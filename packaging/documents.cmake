# SPDX-License-Identifier: MIT
# The manual pages and the shells' completions, which tunnelctl-doc makes of templates and of the tables. It must run
# here: when tunnelctl is built for another system, -DTUNNELCTL_DOC=PATH names one that was built for this one.
if(CMAKE_CROSSCOMPILING)
  set(TUNNELCTL_DOC "" CACHE FILEPATH "a tunnelctl-doc that runs on this machine")
  if(NOT TUNNELCTL_DOC)
    message(STATUS "no manual pages and no completions: built for another system, and -DTUNNELCTL_DOC is not given")
    return()
  endif()
  set(doc_program "${TUNNELCTL_DOC}")
else()
  file(GLOB doc_sources CONFIGURE_DEPENDS src/doc/*.c)
  add_executable(tunnelctl-doc ${doc_sources})
  target_link_libraries(tunnelctl-doc PRIVATE backends)
  set(doc_program $<TARGET_FILE:tunnelctl-doc>)
endif()

set(documents)
# document(TEMPLATE FILE FOLDER): FILE is made of packaging/TEMPLATE, and installed into FOLDER.
function(document template file folder)
  set(made "${CMAKE_BINARY_DIR}/documents/${file}")
  add_custom_command(
    OUTPUT "${made}"
    COMMAND ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0 ${doc_program}
            "${CMAKE_SOURCE_DIR}/packaging/${template}" "${made}"
    DEPENDS "${CMAKE_SOURCE_DIR}/packaging/${template}" ${doc_program}
    VERBATIM)
  install(FILES "${made}" DESTINATION "${folder}")
  set(documents ${documents} "${made}" PARENT_SCOPE)
endfunction()
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/documents")
document(man/tunnelctl.1.in tunnelctl.1 ${CMAKE_INSTALL_MANDIR}/man1)
document(man/tunnelctl.ini.5.in tunnelctl.ini.5 ${CMAKE_INSTALL_MANDIR}/man5)
document(man/tunnelctl-run.8.in tunnelctl-run.8 ${CMAKE_INSTALL_MANDIR}/man8)
document(completions/tunnelctl.bash.in tunnelctl ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
document(completions/_tunnelctl.in _tunnelctl ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
document(completions/tunnelctl.fish.in tunnelctl.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
add_custom_target(documents ALL DEPENDS ${documents})
