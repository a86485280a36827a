#include "memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void *checked(void *memory)
{
    if (memory == NULL) {
        fputs("softswitch: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *sw_allocate(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size));
}

void *sw_reallocate(void *memory, size_t count, size_t size)
{
    return checked(reallocarray(memory, count ? count : 1, size));
}
