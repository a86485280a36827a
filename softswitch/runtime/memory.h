/* Allocation that does not fail: a switch out of memory has no way to go on. */
#ifndef SW_MEMORY_H
#define SW_MEMORY_H

#include <stddef.h>

void *sw_allocate(size_t count, size_t size);
void *sw_reallocate(void *memory, size_t count, size_t size);

#endif
