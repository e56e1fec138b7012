/* A shared library with one function, for tests of loading. */
#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

EXPORT int plain_answer(int question);

EXPORT int plain_answer(int question) { return question + 40; }
