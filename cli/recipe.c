/* prepare.h: reading the recipe from options, metadata and shape. One row for each key: what it is
 * called and how it is read. */
#include <math.h>
#include <string.h>

#include "cli/prepare.h"

const struct option prepare_options[] = {
    {"size", "WxH", "picture: size to bring it to (default: the model's)", OPTION_TEXT,
     offsetof(struct prepare_settings, size)},
    {"channels", "gray|rgb|bgr", "picture: its colours", OPTION_TEXT,
     offsetof(struct prepare_settings, channels)},
    {"layout", "NCHW|NHWC", "picture: order of dimensions", OPTION_TEXT,
     offsetof(struct prepare_settings, layout)},
    {"ink", "none|auto|dark|light", "picture: whether strokes on paper are meant, and their colour",
     OPTION_TEXT, offsetof(struct prepare_settings, ink)},
    {"scale", "X", "picture: what 0 to 255 is multiplied by (default: 1/255)", OPTION_TEXT,
     offsetof(struct prepare_settings, scale)},
    {"mean", "X[,X,X]", "picture: subtracted after that", OPTION_TEXT,
     offsetof(struct prepare_settings, mean)},
    {"std", "X[,X,X]", "picture: divided by after that", OPTION_TEXT,
     offsetof(struct prepare_settings, std)},
};
const size_t n_prepare_options = sizeof prepare_options / sizeof *prepare_options;

static const char prefix[] = "sardonyx.image.";

sdx_str str_trim(sdx_str text) {
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text = (sdx_str){text.ptr + 1, text.len - 1};
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

static bool metadata(const sdx_model *model, size_t index, sdx_str *key, sdx_str *value) {
    struct fault ignored = {0};
    const bool good = index < sdx_model_n_metadata(model) &&
                      fault_check(&ignored, sdx_model_metadata(model, index, key, value));
    fault_free(&ignored);
    return good;
}

sdx_str metadata_find(const sdx_model *model, const char *key) {
    sdx_str name;
    sdx_str value;
    for (size_t i = 0; metadata(model, i, &name, &value); i++) {
        if (str_is(name, key)) {
            return value.ptr != NULL ? value : str_of("");
        }
    }
    return (sdx_str){NULL, 0};
}

/* ---- values of keys ---- */

static bool read_name(sdx_str text, const char *const *names, size_t n, int *out) {
    for (size_t i = 0; i < n; i++) {
        if (str_is(text, names[i])) {
            *out = (int)i;
            return true;
        }
    }
    return false;
}

static bool read_size(sdx_str text, struct recipe *out) {
    const char *const x = text.len > 0 ? memchr(text.ptr, 'x', text.len) : NULL;
    uint64_t width = 0;
    uint64_t height = 0;
    if (x == NULL || !parse_uint64((sdx_str){text.ptr, (size_t)(x - text.ptr)}, &width) ||
        !parse_uint64((sdx_str){x + 1, text.len - 1 - (size_t)(x - text.ptr)}, &height) ||
        width < 1 || height < 1 || width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE) {
        return false;
    }
    out->width = (size_t)width;
    out->height = (size_t)height;
    return true;
}

static bool read_channels(sdx_str text, struct recipe *out) {
    static const char *const names[] = {
        [CHANNELS_GRAY] = "gray", [CHANNELS_RGB] = "rgb", [CHANNELS_BGR] = "bgr"};
    int value = 0;
    const bool good = read_name(text, names, 3, &value);
    out->channels = (enum prepare_channels)value;
    return good;
}

static bool read_layout(sdx_str text, struct recipe *out) {
    static const char *const names[] = {[LAYOUT_NCHW] = "NCHW", [LAYOUT_NHWC] = "NHWC"};
    int value = 0;
    const bool good = read_name(text, names, 2, &value);
    out->layout = (enum prepare_layout)value;
    return good;
}

static bool read_ink(sdx_str text, struct recipe *out) {
    static const char *const names[] = {
        [INK_AUTO] = "auto", [INK_DARK] = "dark", [INK_LIGHT] = "light"};
    int value = 0;
    out->has_ink = !str_is(text, "none");
    const bool good = !out->has_ink || read_name(text, names, 3, &value);
    out->ink = (enum ink_kind)value;
    return good;
}

static bool read_finite(sdx_str text, double *out) {
    return parse_number(str_trim(text), out) && isfinite(*out);
}

static bool read_scale(sdx_str text, struct recipe *out) { return read_finite(text, &out->scale); }

/* One number for all channels or one for each. */
static bool read_numbers(sdx_str text, const struct recipe *recipe, double out[3]) {
    const size_t channels = recipe->channels == CHANNELS_GRAY ? 1 : 3;
    size_t n = 0;
    for (size_t at = 0; at <= text.len; n++) {
        size_t len = 0;
        while (at + len < text.len && text.ptr[at + len] != ',') {
            len++;
        }
        if (n == channels || !read_finite((sdx_str){text.ptr + at, len}, &out[n])) {
            return false;
        }
        at += len + 1;
    }
    for (size_t i = 1; n == 1 && i < 3; i++) {
        out[i] = out[0];
    }
    return n == 1 || n == channels;
}

static bool read_mean(sdx_str text, struct recipe *out) {
    return read_numbers(text, out, out->mean);
}

static bool read_std(sdx_str text, struct recipe *out) {
    const bool good = read_numbers(text, out, out->std);
    return good && out->std[0] != 0 &&
           (out->channels == CHANNELS_GRAY || (out->std[1] != 0 && out->std[2] != 0));
}

/* ---- keys ---- */

static const struct key {
    const char *name;
    bool (*read)(sdx_str text, struct recipe *out);
    const char *expected;
    size_t option; /* offset in struct prepare_settings */
} keys[] = {
    {"size", read_size, "WIDTHxHEIGHT, each from 1 to 65535",
     offsetof(struct prepare_settings, size)},
    {"channels", read_channels, "gray, rgb or bgr",
     offsetof(struct prepare_settings, channels)}, /* before mean and std, which count them */
    {"layout", read_layout, "NCHW or NHWC", offsetof(struct prepare_settings, layout)},
    {"ink", read_ink, "none, auto, dark or light", offsetof(struct prepare_settings, ink)},
    {"scale", read_scale, "one number", offsetof(struct prepare_settings, scale)},
    {"mean", read_mean, "one number, or one for each channel",
     offsetof(struct prepare_settings, mean)},
    {"std", read_std, "one number, or one for each channel, not 0",
     offsetof(struct prepare_settings, std)},
};
enum { N_KEYS = sizeof keys / sizeof *keys };

/* A key of ours that this version does not know would change the picture in a way it cannot. */
static bool check_keys(const sdx_model *model, struct fault *fault) {
    sdx_str name;
    sdx_str value;
    for (size_t i = 0; metadata(model, i, &name, &value); i++) {
        const size_t len = sizeof prefix - 1;
        bool known = name.len <= len || memcmp(name.ptr, prefix, len) != 0;
        for (size_t k = 0; !known && k < N_KEYS; k++) {
            known = str_is((sdx_str){name.ptr + len, name.len - len}, keys[k].name);
        }
        if (!known) {
            return fault_code(fault, SDX_UNSUPPORTED,
                              "metadata '%.*s': unknown key; after '%s' there can be size, "
                              "channels, layout, ink, scale, mean, std",
                              (int)name.len, name.ptr, prefix);
        }
    }
    return true;
}

static bool apply_key(const struct key *key, const struct prepare_settings *settings,
                      const sdx_model *model, struct recipe *recipe, struct fault *fault) {
    const char *option = NULL;
    struct text name = {0};
    memcpy(&option, (const char *)settings + key->option, sizeof option);
    text_add(&name, "%s%s", prefix, key->name);
    const sdx_str value =
        str_trim(option != NULL ? str_of(option) : metadata_find(model, text_get(&name)));
    bool good = true;
    if (value.ptr != NULL && !key->read(value, recipe)) {
        good = option != NULL
                   ? fault_set(fault, EXIT_USAGE, "option '--%s' has value '%s', expected %s",
                               key->name, option, key->expected)
                   : fault_code(fault, SDX_INVALID_ARGUMENT,
                                "metadata '%s' has value '%.*s', expected %s", text_get(&name),
                                (int)value.len, value.ptr, key->expected);
    }
    text_free(&name);
    return good;
}

/* Size and channels that the input's shape says. */
static void defaults(const int64_t *dims, size_t rank, struct recipe *recipe) {
    const bool last = recipe->layout == LAYOUT_NHWC;
    if (rank == 4) {
        const int64_t height = dims[last ? 1 : 2];
        const int64_t width = dims[last ? 2 : 3];
        recipe->channels = dims[last ? 3 : 1] == 1 ? CHANNELS_GRAY : CHANNELS_RGB;
        recipe->height = height > 0 && height <= IMAGE_MAX_SIDE ? (size_t)height : 0;
        recipe->width = width > 0 && width <= IMAGE_MAX_SIDE ? (size_t)width : 0;
    }
}

static bool check_shape(const struct recipe *recipe, const int64_t *dims, size_t rank,
                        struct fault *fault) {
    const bool last = recipe->layout == LAYOUT_NHWC;
    const int64_t channels = recipe->channels == CHANNELS_GRAY ? 1 : 3;
    if (rank != 4) {
        return fault_code(fault, SDX_SHAPE_MISMATCH,
                          "the input has rank %zu, expected 4 for a picture: %s", rank,
                          last ? "NHWC" : "NCHW");
    }
    if (dims[last ? 3 : 1] >= 0 && dims[last ? 3 : 1] != channels) {
        return fault_code(fault, SDX_SHAPE_MISMATCH,
                          "the input has %lld channels in layout %s, the picture %lld; see "
                          "--layout and --channels",
                          (long long)dims[last ? 3 : 1], last ? "NHWC" : "NCHW",
                          (long long)channels);
    }
    if (recipe->width == 0 || recipe->height == 0) {
        return fault_set(fault, EXIT_USAGE,
                         "the model does not say how large the picture should be; give --size WxH");
    }
    return !recipe->has_ink || recipe->channels == CHANNELS_GRAY ||
           fault_code(fault, SDX_INVALID_ARGUMENT,
                      "ink needs a gray picture; the channels are rgb or bgr");
}

bool recipe_init(const struct prepare_settings *settings, const sdx_model *model,
                 const int64_t *dims, size_t rank, struct recipe *out, struct fault *fault) {
    struct recipe recipe = {.scale = 1.0 / 255, .std = {1, 1, 1}};
    bool good =
        check_keys(model, fault) && apply_key(&keys[2], settings, model, &recipe,
                                              fault); /* the layout says which dim is which */
    defaults(dims, rank, &recipe);
    for (size_t i = 0; good && i < N_KEYS; i++) {
        good = apply_key(&keys[i], settings, model, &recipe, fault);
    }
    good = good && check_shape(&recipe, dims, rank, fault);
    *out = recipe;
    return good;
}
