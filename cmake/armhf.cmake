# 32-bit ARM (ARMv7 with hardware floating point), cross-compiled: kernels of scalar code.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(sdx_triplet arm-linux-gnueabihf)
set(sdx_qemu qemu-arm)
include(${CMAKE_CURRENT_LIST_DIR}/cross_linux.cmake)
