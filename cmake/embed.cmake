# A file of text as a C array, so that the command needs no file beside it: cmake -DFROM=page.html -DTO=page_html.h -DNAME=page_html -P embed.cmake
# defines `static const unsigned char page_html[]`, terminated.

file(READ ${FROM} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}00")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${TO} "static const unsigned char ${NAME}[] = {\n${bytes}};\n")
