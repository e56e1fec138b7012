/* Draws a one and asks models/digits which digit it is. */
#include <sardonyx/sardonyx.h>
#include <stdio.h>

int main(int argc, char **argv) {
    sdx_runtime *runtime = NULL;
    sdx_model *model = NULL;
    sdx_context *context = NULL;
    sdx_value *picture = NULL, *chances = NULL;
    const int64_t dims[] = {1, 1, 28, 28};
    sdx_status status = sdx_runtime_create(NULL, &runtime);
    if (!status) status = sdx_model_load(runtime, argc > 1 ? argv[1] : "digits.onnx", NULL, &model);
    if (!status) status = sdx_context_create(model, NULL, &context);
    if (!status) status = sdx_tensor_create(NULL, SDX_FLOAT32, 4, dims, &picture);
    if (!status) {
        float *ink = sdx_tensor_data(picture);
        for (int y = 4; y < 24; y++)
            ink[28 * y + 13] = ink[28 * y + 14] = 1;
        status = sdx_context_run(context, &picture, 1, &chances, 1, NULL);
    }
    if (!status) {
        const float *chance = sdx_tensor_data(chances);
        for (int digit = 0; digit < 10; digit++)
            printf("%d: %.3f\n", digit, (double)chance[digit]);
    }
    const int result = (int)sdx_status_code(status);
    if (status) fprintf(stderr, "%s\n", sdx_status_text(status));
    sdx_status_free(status);
    sdx_value_release(chances);
    sdx_value_release(picture);
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    return result;
}
