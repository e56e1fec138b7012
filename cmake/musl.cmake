# This machine over musl instead of glibc: static programs that need nothing of the system but its kernel.
set(CMAKE_C_COMPILER musl-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
