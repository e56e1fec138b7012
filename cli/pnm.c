/* Netpbm's portable graymaps and pixmaps: P2, P3 (text), P5, P6 (bytes), 1 to 16 bits a sample. */
#include "cli/image.h"

struct reader {
    const unsigned char *bytes;
    size_t at, size;
};

static bool is_space(unsigned char c) { return c == ' ' || (c >= 9 && c <= 13); }

/* The next number; white space and comments before it do not count. */
static bool read_number(struct reader *in, size_t *out) {
    size_t value = 0;
    while (in->at < in->size && (is_space(in->bytes[in->at]) || in->bytes[in->at] == '#')) {
        if (in->bytes[in->at] == '#') {
            while (in->at < in->size && in->bytes[in->at] != '\n') {
                in->at++;
            }
        } else {
            in->at++;
        }
    }
    const size_t from = in->at;
    while (in->at < in->size && in->bytes[in->at] >= '0' && in->bytes[in->at] <= '9' &&
           value <= IMAGE_MAX_SIDE) {
        value = 10 * value + (in->bytes[in->at++] - (size_t)'0');
    }
    *out = value;
    return in->at > from && value <= IMAGE_MAX_SIDE;
}

/* Sample i of the file, which has the channels of a pixel side by side, as one of 0 to 255. */
static void put(struct image *image, size_t i, size_t value, size_t most) {
    const size_t plane = i % image->channels;
    const size_t pixel = i / image->channels;
    image->samples[plane * image->width * image->height + pixel] =
        (float)((double)value * 255 / (double)most);
}

static bool read_text(struct reader *in, size_t n, size_t most, struct image *out) {
    for (size_t i = 0; i < n; i++) {
        size_t value = 0;
        if (!read_number(in, &value) || value > most) {
            return false;
        }
        put(out, i, value, most);
    }
    return true;
}

static bool read_binary(struct reader *in, size_t n, size_t most, struct image *out) {
    const size_t width = most > 255 ? 2 : 1;
    in->at++; /* exactly one white space ends the header */
    if (in->at > in->size || in->size - in->at < n * width) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const unsigned char *const at = in->bytes + in->at + i * width;
        const size_t value = width == 2 ? (size_t)at[0] << 8 | at[1] : at[0];
        put(out, i, value < most ? value : most, most);
    }
    return true;
}

bool pnm_decode(const struct bytes *bytes, struct image *out, struct fault *fault) {
    struct reader in = {bytes->ptr, 2, bytes->size};
    struct image image = {0};
    size_t width = 0;
    size_t height = 0;
    size_t most = 0;
    const char kind = bytes->size > 2 ? (char)bytes->ptr[1] : 0;
    if (kind != '2' && kind != '3' && kind != '5' && kind != '6') {
        return fault_code(fault, SDX_UNSUPPORTED, "PNM: kind P%c, expected P2, P3, P5 or P6",
                          kind >= 32 && kind < 127 ? kind : '?');
    }
    if (!read_number(&in, &width) || !read_number(&in, &height) || !read_number(&in, &most) ||
        most == 0) {
        return fault_code(
            fault, SDX_INVALID_ARGUMENT,
            "PNM: the header is not width, height and the largest value, each from 1 to 65535");
    }
    const unsigned channels = kind == '3' || kind == '6' ? 3 : 1;
    if (width * height * channels >
        2 * bytes->size + 2) { /* even text needs a byte and a space for each sample */
        return fault_code(fault, SDX_INVALID_ARGUMENT,
                          "PNM: the header says %zu x %zu, the file is too short for it", width,
                          height);
    }
    if (!image_create(width, height, channels, &image, fault)) {
        return false;
    }
    const size_t n = width * height * channels;
    if (!(kind < '5' ? read_text(&in, n, most, &image) : read_binary(&in, n, most, &image))) {
        image_free(&image);
        return fault_code(fault, SDX_INVALID_ARGUMENT,
                          "PNM: the samples are cut off or larger than %zu", most);
    }
    *out = image;
    return true;
}
