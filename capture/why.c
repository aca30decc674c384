#include "capture/why.h"

#include <stdarg.h>
#include <stdio.h>

int why_fail(char *why, size_t why_bytes, int error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (why_bytes > 0)
        vsnprintf(why, why_bytes, format, arguments);
    va_end(arguments);
    return error;
}
