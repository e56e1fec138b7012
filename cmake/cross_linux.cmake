# What the toolchain files of other Linux machines share; each sets CMAKE_SYSTEM_PROCESSOR, sdx_triplet and sdx_qemu, the emulator that runs its
# programs here, and includes this.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${sdx_triplet}-gcc)
set(CMAKE_FIND_ROOT_PATH /usr/${sdx_triplet})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR ${sdx_qemu};-E;SDX_EMULATED=1;-L;/usr/${sdx_triplet}) # the tests have more patience then
