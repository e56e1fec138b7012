# A file of text as a C array, so that the command needs no file beside it: cmake -DFROM=page.html -DTO=page_html.c -DNAME=page_html -P embed.cmake
# defines `const unsigned char page_html[]`, terminated.

file(READ ${FROM} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}00")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${TO} "extern const unsigned char ${NAME}[];\nconst unsigned char ${NAME}[] = {\n${bytes}};\n")
