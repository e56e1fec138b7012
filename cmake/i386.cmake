# 32-bit x86, cross-compiled: kernels of scalar code. The kernel of a 64-bit x86 runs the programs; they need their own loader.
set(CMAKE_SYSTEM_PROCESSOR i686)
set(sdx_triplet i686-linux-gnu)
include(${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake)
set(CMAKE_CROSSCOMPILING_EMULATOR /usr/${sdx_triplet}/lib/ld-linux.so.2;--library-path;/usr/${sdx_triplet}/lib)
