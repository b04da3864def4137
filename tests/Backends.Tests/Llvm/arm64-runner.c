/* Runs kernels in an emulator for the tests: reads requests from standard input, and answers on standard output. Numbers are little-endian.
 *
 * Request: length of a path (u32), the path of a library with sparsedsl_run; number of memories (u32), then of each its bytes (u64) and a byte: 1 when contents follow,
 * 2 when they are to be sent back, 3 for both, 0 for neither; number of regions (u32), then of each the memory it is in (u32); number of scalars (u32), the scalars (i32).
 * Answer: a byte, 0 for success, 1 when the library cannot be loaded, 2 when the kernels wrote outside the memories; then the contents asked for.
 * Under -cpu with another length of SVE registers than the kernels count on, results are wrong, so the length is the first thing that is written: bytes (u32), 0 without SVE. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#define GUARD 64

typedef void loop_body(void *context, int32_t begin, int32_t end);

static void read_exactly(void *data, size_t size)
{
    if (size > 0 && fread(data, 1, size, stdin) != size) {
        exit(0);
    }
}

static uint32_t read_u32(void)
{
    uint32_t value;
    read_exactly(&value, sizeof value);
    return value;
}

/* Three parts of unequal length, the last first: no part may depend on another. */
static void run_loop(void *user, loop_body *body, void *context, int32_t count, int32_t uneven)
{
    int32_t a = count / 3, b = count / 2;
    (void)user;
    (void)uneven;
    if (b < count) {
        body(context, b, count);
    }

    if (0 < a) {
        body(context, 0, a);
    }

    if (a < b) {
        body(context, a, b);
    }
}

static void *allocate(int64_t bytes)
{
    return aligned_alloc(64, ((size_t)bytes + 127) / 64 * 64);
}

static uint32_t vector_bytes(void)
{
    uint64_t bytes;
    if ((getauxval(AT_HWCAP) & (1 << 22)) == 0) {
        return 0;
    }

    /* rdvl x0, #1 */
    __asm__ volatile(".inst 0x04bf5020\n\tmov %0, x0" : "=r"(bytes) : : "x0");
    return (uint32_t)bytes;
}

int main(void)
{
    static void *host[4];
    static char last[4096], path[4096];
    void (*run)(void *, void *, int32_t *) = NULL;
    void *library = NULL;
    uint32_t bytes = vector_bytes();
    host[0] = (void *)run_loop;
    host[2] = (void *)allocate;
    host[3] = (void *)free;
    fwrite(&bytes, sizeof bytes, 1, stdout);
    fflush(stdout);
    for (;;) {
        uint32_t length = read_u32();
        read_exactly(path, length);
        path[length] = 0;
        if (library == NULL || strcmp(path, last) != 0) {
            if (library != NULL) {
                dlclose(library);
            }

            library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
            run = library == NULL ? NULL : (void (*)(void *, void *, int32_t *))dlsym(library, "sparsedsl_run");
            strcpy(last, path);
        }

        uint32_t memories = read_u32();
        uint8_t **start = calloc(memories + 1, sizeof *start);
        uint64_t *size = calloc(memories + 1, sizeof *size);
        uint8_t *kind = calloc(memories + 1, 1);
        for (uint32_t i = 0; i < memories; i++) {
            read_exactly(&size[i], sizeof size[i]);
            read_exactly(&kind[i], 1);
            start[i] = allocate((int64_t)size[i] + 2 * GUARD);
            memset(start[i], 0xa5, size[i] + 2 * GUARD);
            if (kind[i] & 1) {
                read_exactly(start[i] + GUARD, size[i]);
            }
        }

        uint32_t regions = read_u32();
        void **table = calloc(regions + 1, sizeof *table);
        for (uint32_t i = 0; i < regions; i++) {
            table[i] = start[read_u32()] + GUARD;
        }

        uint32_t scalars = read_u32();
        int32_t *values = calloc(scalars + 1, sizeof *values);
        read_exactly(values, scalars * sizeof *values);
        uint8_t status = run == NULL ? 1 : 0;
        if (run != NULL) {
            run(host, table, values);
        }

        for (uint32_t i = 0; i < memories; i++) {
            for (int g = 0; g < GUARD; g++) {
                if (start[i][g] != 0xa5 || start[i][GUARD + size[i] + g] != 0xa5) {
                    status = 2;
                }
            }
        }

        fwrite(&status, 1, 1, stdout);
        for (uint32_t i = 0; i < memories; i++) {
            if (status == 0 && (kind[i] & 2)) {
                fwrite(start[i] + GUARD, 1, size[i], stdout);
            }

            free(start[i]);
        }

        fflush(stdout);
        free(start);
        free(size);
        free(kind);
        free(table);
        free(values);
    }
}
