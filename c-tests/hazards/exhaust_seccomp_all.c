/* Neither threads nor io_uring nor native AIO: every call ends in success or EAGAIN. */
/* glibc: fails: hands the error of clone on instead of EAGAIN */
#include "exhaust.h"

static const int calls[] = { SYS_clone, SYS_clone3, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_io_setup, SYS_io_getevents, SYS_io_submit, SYS_io_cancel };

static void every_thread(long error)
{
    x_refuse(calls, sizeof calls / sizeof *calls, (int)error, true);
}

static void this_thread(long error)
{
    x_refuse(calls, sizeof calls / sizeof *calls, (int)error, false);
}

int main(void)
{
    static const int errors[] = { EAGAIN, EPERM };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        x_child("refused before, error", every_thread, errors[i], false, false);
        x_child("refused to every thread, error", every_thread, errors[i], true, false);
        x_child("refused to this thread, error", this_thread, errors[i], true, false);
    }
    return 0;
}
