/* Requests by aioread are counted like the others, also those that the calling thread carries out. */
#include "../test.h"
#include <sys/asynch.h>
#include <uaio.h>

enum { READS = 200, BLOCK = 512 };

int main(void) {
    static char buf[BLOCK];
    char name[] = "stats-XXXXXX";
    int fd = mkstemp(name);
    CHECK(fd >= 0 && unlink(name) == 0);
    CHECK(write(fd, buf, BLOCK) == BLOCK);
    uaio_stats_t s = {.size = sizeof s};
    CHECK_OK(uaio_stats(&s));
    for (int i = 0; i < READS; i++) {
        aio_result_t result;
        CHECK_OK(aioread(fd, buf, BLOCK, 0, SEEK_SET, &result));
        CHECK(aiowait(NULL) == &result);
        CHECK_EQ(result.aio_return, BLOCK);
    }
    CHECK_OK(uaio_stats(&s));
    unsigned long requests = 0, bytes = 0;
    for (int route = 0; route < UAIO_ROUTES; route++) {
        requests += s.cells[route][UAIO_OPERATION_READ].requests;
        bytes += s.cells[route][UAIO_OPERATION_READ].bytes;
    }
    CHECK_EQ(requests, READS);
    CHECK_EQ(bytes, READS * BLOCK);
    return 0;
}
