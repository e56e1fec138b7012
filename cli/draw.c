/* draw.h: 24-bit colours (ISO 8613-6), or the four half-blocks where there are none. */
#include "cli/draw.h"

struct colour {
    unsigned red, green, blue;
};

static unsigned byte_of(float sample) {
    return sample <= 0 ? 0 : sample >= 255 ? 255 : (unsigned)(sample + 0.5f);
}

/* Black below the last row. */
static struct colour pixel(const struct image *image, size_t x, size_t y) {
    if (y >= image->height) {
        return (struct colour){0, 0, 0};
    }
    const float *const at = image->samples + y * image->width + x;
    const size_t plane = image->channels == 1 ? 0 : image->width * image->height;
    return (struct colour){byte_of(at[0]), byte_of(at[plane]), byte_of(at[2 * plane])};
}

static bool is_bright(struct colour colour) {
    return 299 * colour.red + 587 * colour.green + 114 * colour.blue > 1000 * 127;
}

static void put_pair(struct text *line, struct colour upper, struct colour lower, bool colours) {
    static const char *const blocks[] = {" ", "\xe2\x96\x84", "\xe2\x96\x80",
                                         "\xe2\x96\x88"}; /* none, lower, upper, both */
    if (colours) {
        text_add(line, "\033[38;2;%u;%u;%u;48;2;%u;%u;%um%s", upper.red, upper.green, upper.blue,
                 lower.red, lower.green, lower.blue, blocks[2]);
    } else {
        text_add(line, "%s", blocks[2 * is_bright(upper) + is_bright(lower)]);
    }
}

bool image_draw(const struct image *image, const struct terminal *terminal, struct block *block,
                struct fault *fault) {
    const size_t columns = terminal->columns > 4 ? terminal->columns - 2 : 78;
    struct image small = {0};
    if (image->width > columns) {
        const size_t height = image->height * columns / image->width;
        if (!image_resize(image, columns, height > 0 ? height : 1, &small, fault)) {
            return false;
        }
        image = &small;
    }
    for (size_t y = 0; y < image->height; y += 2) {
        struct text *const line = block_add(block, image->width);
        for (size_t x = 0; x < image->width; x++) {
            put_pair(line, pixel(image, x, y), pixel(image, x, y + 1), terminal->colour);
        }
        text_add(line, "%s", terminal_paint(terminal, PAINT_PLAIN));
    }
    image_free(&small);
    return true;
}
