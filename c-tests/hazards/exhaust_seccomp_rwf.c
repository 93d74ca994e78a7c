/* preadv2 and pwritev2 refused, as by old kernels and old sandboxes: other routes take over. */
#include "exhaust.h"

static const int calls[] = { SYS_preadv2, SYS_pwritev2 };

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
    static const int errors[] = { EPERM, ENOSYS };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        x_child("refused before, error", every_thread, errors[i], false, true);
        x_child("refused to every thread, error", every_thread, errors[i], true, true);
        x_child("refused to this thread, error", this_thread, errors[i], true, true);
    }
    return 0;
}
