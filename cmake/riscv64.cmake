# 64-bit RISC-V (RV64GC), cross-compiled: kernels of scalar code.
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(sdx_triplet riscv64-linux-gnu)
set(sdx_qemu qemu-riscv64)
include(${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake)
