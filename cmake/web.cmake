# Target "web": the page of `switchyard compare --html`, built from web/ into share/report.html.
find_program(NPM npm REQUIRED)

set(web_dir ${CMAKE_SOURCE_DIR}/web)
set(web_page ${CMAKE_BINARY_DIR}/share/report.html)
set(web_installed ${CMAKE_BINARY_DIR}/share/.web_installed)
file(GLOB web_sources CONFIGURE_DEPENDS ${web_dir}/src/*.ts ${web_dir}/src/*.css)

# The lock file decides when packages are fetched again; node_modules has no useful time of its own.
add_custom_command(OUTPUT ${web_installed}
  COMMAND ${NPM} ci --no-audit --no-fund --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/share
  COMMAND ${CMAKE_COMMAND} -E touch ${web_installed}
  DEPENDS ${web_dir}/package.json ${web_dir}/package-lock.json
  WORKING_DIRECTORY ${web_dir}
  COMMENT "Packages of the report page"
  VERBATIM)
add_custom_command(OUTPUT ${web_page}
  COMMAND ${NPM} run --silent build
  COMMAND ${CMAKE_COMMAND} -E copy ${web_dir}/dist/report.html ${web_page}
  DEPENDS ${web_installed} ${web_sources} ${web_dir}/build.mjs ${web_dir}/template.html
  WORKING_DIRECTORY ${web_dir}
  COMMENT "Report page"
  VERBATIM)
add_custom_target(web ALL DEPENDS ${web_page})
