/* Conversions from one plain type to all plain types. Include with S (the type), FLOATING (1 or 0)
 * and NAME(x); takes them back. Integers wrap, as ONNX says; floats beyond an integer type, which
 * ONNX leaves open, become its nearest number, and NaN becomes 0. */

#if FLOATING
/* As doubles the bounds are exact, or the power of two above: what is below that fits. */
static inline int64_t NAME(integer)(S x, int64_t low, int64_t high) {
    if ((double)x > (double)low && (double)x < (double)high) return (int64_t)x;
    return x != x ? 0 : (double)x <= (double)low ? low : high;
}
static inline uint64_t NAME(natural)(S x) {
    if (!(x > 0)) return 0;
    return (double)x >= 0x1p64 ? UINT64_MAX : (uint64_t)x;
}
#else
static inline int64_t NAME(integer)(S x, SDX_UNUSED int64_t low, SDX_UNUSED int64_t high) {
    return (int64_t)x;
}
static inline uint64_t NAME(natural)(S x) { return (uint64_t)x; }
#endif

static void NAME(to_bool)(void *dst, const void *src, size_t n) {
    const S *const s = src;
    uint8_t *const d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = s[i] != 0;
}
static void NAME(to_i8)(void *dst, const void *src, size_t n) {
    const S *const s = src;
    int8_t *const d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = (int8_t)NAME(integer)(s[i], INT8_MIN, INT8_MAX);
}
static void NAME(to_u8)(void *dst, const void *src, size_t n) {
    const S *const s = src;
    uint8_t *const d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = (uint8_t)NAME(integer)(s[i], 0, UINT8_MAX);
}
static void NAME(to_i16)(void *dst, const void *src, size_t n) {
    const S *const s = src;
    int16_t *const d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = (int16_t)NAME(integer)(s[i], INT16_MIN, INT16_MAX);
}
static void NAME(to_u16)(void *dst, const void *src, size_t n) {
    const S *const s = src;
    uint16_t *const d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = (uint16_t)NAME(integer)(s[i], 0, UINT16_MAX);
}
static void NAME(to_i32)(void *dst, const void *src, size_t n) {
    const S *const s = src;
    int32_t *const d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = (int32_t)NAME(integer)(s[i], INT32_MIN, INT32_MAX);
}
static void NAME(to_u32)(void *dst, const void *src, size_t n) {
    const S *const s = src;
    uint32_t *const d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = (uint32_t)NAME(integer)(s[i], 0, UINT32_MAX);
}
static void NAME(to_i64)(void *dst, const void *src, size_t n) {
    const S *const s = src;
    int64_t *const d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = NAME(integer)(s[i], INT64_MIN, INT64_MAX);
}
static void NAME(to_u64)(void *dst, const void *src, size_t n) {
    const S *const s = src;
    uint64_t *const d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = NAME(natural)(s[i]);
}
static void NAME(to_f32)(void *dst, const void *src, size_t n) {
    const S *const s = src;
    float *const d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = (float)s[i];
}
static void NAME(to_f64)(void *dst, const void *src, size_t n) {
    const S *const s = src;
    double *const d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = (double)s[i];
}

/* By the type converted to. */
static convert_fn *const NAME(to)[] = {
    [SDX_BOOL] = NAME(to_bool),   [SDX_INT8] = NAME(to_i8),     [SDX_UINT8] = NAME(to_u8),
    [SDX_INT16] = NAME(to_i16),   [SDX_UINT16] = NAME(to_u16),  [SDX_INT32] = NAME(to_i32),
    [SDX_UINT32] = NAME(to_u32),  [SDX_INT64] = NAME(to_i64),   [SDX_UINT64] = NAME(to_u64),
    [SDX_FLOAT32] = NAME(to_f32), [SDX_FLOAT64] = NAME(to_f64),
};

#undef S
#undef FLOATING
#undef NAME
