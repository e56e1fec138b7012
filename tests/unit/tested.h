/* For ./dev test: an operator whose results a test has compared. Its name goes to the end of the
 * file $SDX_TESTED, where that is set; tools/tested compares such files with the list that
 * `sardonyx ops` shows. */
#ifndef SDX_TESTS_TESTED_H
#define SDX_TESTS_TESTED_H

void tested(const char *domain, const char *name);

#endif
