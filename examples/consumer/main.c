/* The smallest program over libsardonyx: says which version it runs with. Built by three ways of
 * finding the library. */
#include <sardonyx/sardonyx.h>
#include <stdio.h>

int main(void) { return printf("sardonyx %s\n", sdx_version()) < 0; }
