/* Any bytes as the files that the command reads: the first byte says which format, the rest is the
 * file. A parser must end with a value or with a fault that has a text and an exit status. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "cli/image.h"
#include "cli/json_value.h"
#include "cli/npy.h"
#include "cli/proto.h"
#include "cli/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

/* What a parser says must fit what it did. */
static void finish(bool good, sdx_value *value, struct fault *fault) {
    require(good == (fault->exit == EXIT_GOOD));
    require(good || (fault->text.len > 0 && value == NULL));
    sdx_value_release(value);
    fault_free(fault);
}

static void try_npy(const uint8_t *data, size_t size) {
    const sdx_port_info port = {.kind = SDX_TENSOR, .dtype = SDX_BFLOAT16};
    struct fault fault = {0};
    struct text again = {0};
    sdx_value *value = NULL;
    const bool good = npy_parse(data, size, &port, &value, &fault);
    if (good) {
        struct fault ignored = {0};
        (void)npy_format(value, &again, &ignored);
        fault_free(&ignored);
    }
    text_free(&again);
    finish(good, value, &fault);
}

static void try_zip(const uint8_t *data, size_t size) {
    struct zip zip = {0};
    struct fault fault = {0};
    const bool good = zip_open(data, size, &zip, &fault);
    for (size_t i = 0; i < zip.n; i++) {
        struct bytes bytes = {0};
        struct fault ignored = {0};
        (void)zip_read(&zip, &zip.members[i], &bytes, &ignored);
        bytes_free(&bytes);
        fault_free(&ignored);
    }
    zip_close(&zip);
    finish(good, NULL, &fault);
}

static void try_json(const uint8_t *data, size_t size) {
    struct json json = {0};
    struct fault fault = {0};
    sdx_value *value = NULL;
    const bool good =
        json_parse(data, size, &json, &fault) && json_to_value(&json, 0, NULL, &value, &fault);
    if (good) {
        struct json_out out = {0};
        json_from_value(&out, NULL, value);
        text_free(&out.text);
    }
    json_free(&json);
    finish(good, value, &fault);
}

static void try_picture(const uint8_t *data, size_t size,
                        bool decode(const struct bytes *, struct image *, struct fault *)) {
    const struct bytes bytes = {(uint8_t *)(uintptr_t)data, size};
    struct image image = {0};
    struct fault fault = {0};
    const bool good = decode(&bytes, &image, &fault);
    image_free(&image);
    finish(good, NULL, &fault);
}

static void try_proto(const uint8_t *data, size_t size) {
    struct fault fault = {0};
    sdx_value *value = NULL;
    finish(proto_parse(data, size, SDX_SEQUENCE, &value, NULL, &fault), value, &fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    switch (data[0] % 7) {
    case 0: try_npy(data + 1, size - 1); break;
    case 1: try_zip(data + 1, size - 1); break;
    case 2: try_json(data + 1, size - 1); break;
    case 3: try_picture(data + 1, size - 1, pnm_decode); break;
    case 4: try_picture(data + 1, size - 1, png_decode); break;
    case 5: try_picture(data + 1, size - 1, jpeg_decode); break;
    case 6: try_proto(data + 1, size - 1); break;
    }
    return 0;
}
