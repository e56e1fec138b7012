# Kernels: one source, every instruction set.
#
#   src/kernels/*.c        compiled once per set, with SDX_ISA=<set> and the flags of that set
#   src/kernels/<set>/*.c  compiled once, the same way: what vec.h cannot say
#   src/kernels/host_*.c   compiled once, without a set: the choice among them
#
# The sets with dot products add to the set below them: of src/kernels/*.c they need their table and dot_*.c only.
#
# Besides SDX_ISA (a token to paste into names) each compilation sees SDX_SET_<SET>=1, for #if. All objects end up in sdx_kernel_objects.

set(sdx_avx2 -mavx2 -mfma -mf16c)
# On Windows the stack is aligned to 16 bytes and gcc does not align it further for vectors that it spills, though it moves them as if they were:
# the assembler (binutils 2.38) makes moves of them that take any address.
if(WIN32 AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
  include(CheckCCompilerFlag)
  check_c_compiler_flag(-Wa,-muse-unaligned-vector-move SDX_HAVE_UNALIGNED_MOVES)
  if(NOT SDX_HAVE_UNALIGNED_MOVES)
    message(FATAL_ERROR "kernels: the assembler does not know -muse-unaligned-vector-move, expected binutils 2.38 or later; without it vectors crash")
  endif()
  list(APPEND sdx_avx2 -Wa,-muse-unaligned-vector-move)
endif()
set(sdx_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl ${sdx_avx2} -mprefer-vector-width=512)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(sdx_sets scalar avx2 avx512 avx512vnni)
  set(sdx_flags_scalar -mno-avx)
  set(sdx_flags_avx2 ${sdx_avx2})
  set(sdx_flags_avx512 ${sdx_avx512})
  set(sdx_flags_avx512vnni ${sdx_avx512} -mavx512vnni -mavx512bf16)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(sdx_sets scalar neon neondot)
  set(sdx_flags_scalar)
  set(sdx_flags_neon -march=armv8-a)
  set(sdx_flags_neondot -march=armv8.2-a+dotprod+fp16)
else()
  set(sdx_sets scalar)
  set(sdx_flags_scalar)
endif()

file(GLOB sdx_kernel_sources CONFIGURE_DEPENDS src/kernels/*.c)
list(FILTER sdx_kernel_sources EXCLUDE REGEX "/host_[^/]*$")

set(sdx_kernel_objects)
foreach(set IN LISTS sdx_sets)
  set(sdx_own_sources ${sdx_kernel_sources})
  if(set MATCHES "^(avx512vnni|neondot)$")
    list(FILTER sdx_own_sources INCLUDE REGEX "/(table|dot_[^/]*)[.]c$")
  endif()
  file(GLOB sdx_set_sources CONFIGURE_DEPENDS src/kernels/${set}/*.c)
  if(sdx_own_sources OR sdx_set_sources)
    string(TOUPPER ${set} SET)
    add_library(sdx_kernels_${set} OBJECT ${sdx_own_sources} ${sdx_set_sources})
    sdx_target(sdx_kernels_${set})
    target_include_directories(sdx_kernels_${set} PRIVATE src include)
    target_compile_definitions(sdx_kernels_${set} PRIVATE SDX_ISA=${set} SDX_SET_${SET}=1)
    target_compile_options(sdx_kernels_${set} PRIVATE ${sdx_flags_${set}} $<$<NOT:$<CONFIG:Debug>>:-O3>)
    if(SDX_FUZZ) # unrolled tiles take minutes to compile with counters and checks on every operation: addresses are checked, checkop has the rest
      target_compile_options(sdx_kernels_${set} PRIVATE -fno-sanitize=fuzzer-no-link,undefined -O1)
    endif()
    list(APPEND sdx_kernel_objects $<TARGET_OBJECTS:sdx_kernels_${set}>)
  endif()
endforeach()
