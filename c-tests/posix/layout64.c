/* struct aiocb64 is struct aiocb under another name, and struct aioinit is eight ints. */
#include "test.h"

#define SAME(field) \
    _Static_assert(offsetof(struct aiocb64, field) == offsetof(struct aiocb, field), #field)

_Static_assert(sizeof(struct aiocb64) == sizeof(struct aiocb), "size");
SAME(aio_fildes);
SAME(aio_lio_opcode);
SAME(aio_reqprio);
SAME(aio_buf);
SAME(aio_nbytes);
SAME(aio_sigevent);
SAME(aio_offset);
SAME(__error_code);
SAME(__return_value);
_Static_assert(sizeof(struct aioinit) == 8 * sizeof(int), "aioinit");
_Static_assert(offsetof(struct aioinit, aio_threads) == 0, "aio_threads");
_Static_assert(offsetof(struct aioinit, aio_num) == 4, "aio_num");
_Static_assert(offsetof(struct aioinit, aio_idle_time) == 24, "aio_idle_time");

int main(void)
{
    return 0;
}
