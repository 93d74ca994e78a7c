/* struct aiocb has glibc's layout on x86-64, and the constants have glibc's values. */
#include "test.h"

#define AT(field, offset) _Static_assert(offsetof(struct aiocb, field) == (offset), #field)

#if defined(__x86_64__) && !defined(__ILP32__)
_Static_assert(sizeof(struct aiocb) == 168, "size");
_Static_assert(_Alignof(struct aiocb) == 8, "alignment");
AT(aio_fildes, 0);
AT(aio_lio_opcode, 4);
AT(aio_reqprio, 8);
AT(aio_buf, 16);
AT(aio_nbytes, 24);
AT(aio_sigevent, 32);
AT(aio_sigevent.sigev_value, 32);
AT(aio_sigevent.sigev_signo, 40);
AT(aio_sigevent.sigev_notify, 44);
AT(aio_sigevent.sigev_notify_thread_id, 48);
AT(aio_sigevent.sigev_notify_function, 48);
AT(aio_sigevent.sigev_notify_attributes, 56);
AT(aio_offset, 128);
AT(__error_code, 112);
AT(__return_value, 120);
#endif
_Static_assert(sizeof(struct sigevent) == 64, "sigevent");
_Static_assert(AIO_CANCELED == 0 && AIO_NOTCANCELED == 1 && AIO_ALLDONE == 2, "aio_cancel");
_Static_assert(LIO_READ == 0 && LIO_WRITE == 1 && LIO_NOP == 2, "opcodes");
_Static_assert(LIO_WAIT == 0 && LIO_NOWAIT == 1, "modes");
_Static_assert(SIGEV_SIGNAL == 0 && SIGEV_NONE == 1 && SIGEV_THREAD == 2 && SIGEV_THREAD_ID == 4, "sigev_notify");
_Static_assert(SI_ASYNCIO == -4, "si_code");

int main(void)
{
    CHECK_EQ(sysconf(_SC_AIO_PRIO_DELTA_MAX), 20);
    return 0;
}
