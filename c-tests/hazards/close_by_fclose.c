/* fclose of a stream over a number with requests outstanding: writes end on the old file, a blocked read is cancelled. */
/* glibc: fails: the requests go to the new file, or end with EBADF, and the read hangs */
#include "over.h"

static void take(int fd, int other)
{
    (void)other;
    FILE *stream = fdopen(fd, (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY ? "r" : "r+");
    CHECK(stream != NULL);
    CHECK_EQ(fclose(stream), 0);
}

int main(void)
{
    over_writes(take, false, 200);
    over_read(take, 100);
    return 0;
}
