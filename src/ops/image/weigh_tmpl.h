/* What a place shows, from the elements of a plane that it is made of (sampler.h), numbers of
 * `parts` elements: define T and NAME(x) first; they stay defined. */
static double NAME(weigh)(const sdx_point *p, size_t n, const T *x, size_t parts) {
    double sum = 0;
    if (n == 4) /* between elements of a picture: by far the most */
        return p[0].weight * (double)x[p[0].offset * parts] +
               p[1].weight * (double)x[p[1].offset * parts] +
               (p[2].weight * (double)x[p[2].offset * parts] +
                p[3].weight * (double)x[p[3].offset * parts]);
    for (size_t k = 0; k < n; k++) {
        sum += p[k].weight * (double)x[p[k].offset * parts];
    }
    return sum;
}
