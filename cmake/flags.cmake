# Compiler flags, all of them: sdx_target(<target>) gives a target of ours the language, the warnings, the floating-point rules and the sanitizers.

set(sdx_warnings
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion -Wvla)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  list(APPEND sdx_warnings -Wno-pass-failed) # an unroll request that one instruction set cannot use is no defect
endif()
if(SDX_SANITIZE)
  list(REMOVE_ITEM sdx_warnings -Wconversion) # instrumented code hides ranges from gcc, which then warns of conversions that lose nothing
endif()
if(MINGW)
  list(APPEND sdx_warnings -Wno-float-conversion) # its isnan and the like expand to branches for other types
endif()
if(SDX_WERROR)
  list(APPEND sdx_warnings -Werror)
endif()

set(sdx_sanitizers)
if(SDX_SANITIZE)
  set(sdx_sanitizers -fsanitize=${SDX_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
endif()

# Files have sizes and places of 64 bits everywhere.
set(sdx_machine)
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  list(APPEND sdx_machine -D_FILE_OFFSET_BITS=64)
endif()
# 32-bit x86 computes in registers of 80 bits unless told otherwise, and then the bits depend on where the compiler keeps a number.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(i[3-6]86|x86|x86_64|amd64|AMD64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 4)
  list(APPEND sdx_machine -msse2 -mfpmath=sse)
endif()

# -ffp-contract=off: a fused multiply-add stands in the bits only where the source asks for one, so results do not depend on the compiler's mood.
# -fno-math-errno changes no value. Objects carry paths relative to the tree.
function(sdx_target target)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 17 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
    C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
  target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L $<$<BOOL:${MINGW}>:__USE_MINGW_ANSI_STDIO=1> $<$<BOOL:${MINGW}>:_FILE_OFFSET_BITS=64>)
  target_compile_options(${target} PRIVATE
    ${sdx_warnings} ${sdx_machine} -ffp-contract=off -fno-math-errno "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=" ${sdx_sanitizers}
    $<IF:$<CONFIG:Debug>,-O1,-O2>)
  target_link_options(${target} PRIVATE ${sdx_sanitizers} $<$<BOOL:${MINGW}>:-static-libgcc>)
endfunction()
