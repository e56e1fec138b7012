# Install rules, the CMake package (find_package(sardonyx), target sardonyx::sardonyx) and the pkg-config file.

if(NOT TARGET sardonyx_static)
  return()
endif()
include(CMakePackageConfigHelpers)

set(sdx_installed sardonyx_static)
set_target_properties(sardonyx_static PROPERTIES EXPORT_NAME static)
if(TARGET sardonyx_shared)
  list(APPEND sdx_installed sardonyx_shared)
  set_target_properties(sardonyx_shared PROPERTIES EXPORT_NAME shared)
endif()
install(TARGETS ${sdx_installed} EXPORT sardonyx)
if(TARGET sardonyx)
  install(TARGETS sardonyx)
endif()

# Manual pages and completions are written by the command itself, so only where it runs.
if(TARGET sardonyx AND NOT CMAKE_CROSSCOMPILING AND NOT SDX_SANITIZE)
  set(share ${PROJECT_BINARY_DIR}/share)
  set(bash ${share}/bash-completion/completions)
  set(zsh ${share}/zsh/site-functions)
  set(fish ${share}/fish/vendor_completions.d)
  add_custom_command(
    OUTPUT ${share}/man/man1/sardonyx.1
    COMMAND ${CMAKE_COMMAND} -E make_directory ${share}/man/man1 ${bash} ${zsh} ${fish}
    COMMAND sardonyx docs --man ${share}/man/man1
    COMMAND sardonyx completion bash > ${bash}/sardonyx
    COMMAND sardonyx completion zsh > ${zsh}/_sardonyx
    COMMAND sardonyx completion fish > ${fish}/sardonyx.fish
    DEPENDS sardonyx
    COMMENT "Writing manual pages and completions")
  add_custom_target(manual ALL DEPENDS ${share}/man/man1/sardonyx.1)
  install(DIRECTORY ${share}/ DESTINATION ${CMAKE_INSTALL_DATADIR})
endif()
install(DIRECTORY include/sardonyx DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sardonyx)
install(EXPORT sardonyx NAMESPACE sardonyx:: FILE sardonyx-targets.cmake DESTINATION ${package_dir})
configure_package_config_file(cmake/sardonyx-config.cmake.in sardonyx-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(sardonyx-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/sardonyx-config.cmake ${PROJECT_BINARY_DIR}/sardonyx-config-version.cmake DESTINATION ${package_dir})

if(WIN32)
  set(sdx_private_libs -lsynchronization)
else()
  set(sdx_private_libs -pthread -lm)
  if(CMAKE_DL_LIBS)
    list(APPEND sdx_private_libs -l${CMAKE_DL_LIBS})
  endif()
endif()
list(JOIN sdx_private_libs " " sdx_private_libs)
configure_file(cmake/sardonyx.pc.in sardonyx.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/sardonyx.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
