# 64-bit ARM, cross-compiled: kernels of scalar code, NEON and NEON with the dot product.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(sdx_triplet aarch64-linux-gnu)
set(sdx_qemu qemu-aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake)
