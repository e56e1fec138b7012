/* draw.h: 24-bit colours (ISO 8613-6), xterm's 256, or the four half-blocks where there are none.
 */
#include "cli/draw.h"

#include <string.h>

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

/* The step of 0, 95, 135, 175, 215, 255 that is nearest to a sample. */
static unsigned cube_step(unsigned sample) {
    return sample < 48 ? 0 : sample < 115 ? 1 : (sample - 35) / 40;
}

/* xterm's palette: 16 to 231 are a cube of colours, 232 to 255 are grays 8, 18, ... 238. */
static unsigned palette_index(struct colour colour) {
    const bool gray = colour.red == colour.green && colour.green == colour.blue;
    if (gray && colour.red > 3 && colour.red < 247) {
        const unsigned step = colour.red < 8 ? 0 : (colour.red - 3) / 10;
        return 232 + (step < 23 ? step : 23);
    }
    return 16 + 36 * cube_step(colour.red) + 6 * cube_step(colour.green) + cube_step(colour.blue);
}

/* The sequence that makes `upper` the foreground and `lower` the background. */
static void set_colours(struct text *line, struct colour upper, struct colour lower,
                        bool all_colours) {
    if (all_colours) {
        text_add(line, "\033[38;2;%u;%u;%u;48;2;%u;%u;%um", upper.red, upper.green, upper.blue,
                 lower.red, lower.green, lower.blue);
    } else {
        text_add(line, "\033[38;5;%u;48;5;%um", palette_index(upper), palette_index(lower));
    }
}

/* Rows y and y + 1 of the picture. */
static void draw_line(struct text *line, const struct image *image, size_t y,
                      const struct terminal *terminal) {
    static const char *const blocks[] = {" ", "\xe2\x96\x84", "\xe2\x96\x80",
                                         "\xe2\x96\x88"}; /* none, lower, upper, both */
    struct colour before[2] = {{0}};
    for (size_t x = 0; x < image->width; x++) {
        const struct colour pair[2] = {pixel(image, x, y), pixel(image, x, y + 1)};
        if (!terminal->colour) {
            text_add(line, "%s", blocks[2 * is_bright(pair[0]) + is_bright(pair[1])]);
            continue;
        }
        if (x == 0 || memcmp(before, pair, sizeof pair) != 0) {
            set_colours(line, pair[0], pair[1], terminal->all_colours);
        }
        text_add(line, "%s", blocks[2]);
        memcpy(before, pair, sizeof pair);
    }
    text_add(line, "%s", terminal_paint(terminal, PAINT_PLAIN));
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
        draw_line(block_add(block, image->width), image, y, terminal);
    }
    image_free(&small);
    return true;
}
