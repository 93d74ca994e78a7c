/* Waiting for native AIO is refused, before or after the first request: every call ends in success. */
#include "exhaust.h"

static const int calls[] = { SYS_io_pgetevents };

static void every_thread(long error)
{
    x_refuse(calls, sizeof calls / sizeof *calls, (int)error, true);
}

int main(void)
{
    static const int errors[] = { EPERM, ENOSYS };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        x_child("refused before, error", every_thread, errors[i], false, true);
        x_child("refused to every thread, error", every_thread, errors[i], true, true);
    }
    return 0;
}
