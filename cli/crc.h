/* The checksum of ZIP archives: CRC-32 with the polynomial 0xedb88320. */
#ifndef CLI_CRC_H
#define CLI_CRC_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const void *bytes, size_t size);

#endif
