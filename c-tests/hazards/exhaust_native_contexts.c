/* fs.aio-max-nr is used up: other routes take over. */
#include "exhaust.h"
#include <linux/aio_abi.h>

static void use_up(long unused)
{
    (void)unused;
    for (unsigned events = 1 << 16; events > 0; events >>= 1)
        for (int i = 0; i < 64; i++) {
            aio_context_t context = 0;
            if (syscall(SYS_io_setup, events, &context) != 0) {
                if (errno == ENOSYS || errno == EPERM)
                    SKIP("no native AIO here");
                break;
            }
        }
}

int main(void)
{
    x_child("native contexts", use_up, 0, false, true);
    x_child("native contexts", use_up, 0, true, true);
    return 0;
}
