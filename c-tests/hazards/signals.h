/* What tests of signals share: many requests end at once, and each tells of itself by a signal, once. */
#ifndef UAIO_SIGNALS_H
#define UAIO_SIGNALS_H

#include "test.h"

enum { S_MOST = 200, S_SIZE = 512 };

/* Reads `count` pieces of the file, with all signals blocked; the result is there whether or not the signal got through. */
static inline void signal_each(int data, unsigned char *buf, int count, int signo)
{
    static struct aiocb cb[S_MOST];
    bool seen[S_MOST] = { false };
    for (int i = 0; i < count; i++) {
        t_block(&cb[i], data, buf + i * S_SIZE, S_SIZE, i * S_SIZE);
        t_sigev_signal(&cb[i], signo, i);
        CHECK_EQ(aio_read(&cb[i]), 0);
    }
    for (int i = 0; i < count; i++)
        CHECK_EQ(t_wait(&cb[i]), 0);
    for (int i = 0; i < count; i++) {
        siginfo_t info = t_take_signal(signo);
        int which = info.si_value.sival_int;
        CHECK_EQ(info.si_code, SI_ASYNCIO);
        CHECK(which >= 0 && which < count && !seen[which]);
        seen[which] = true;
        CHECK_EQ(aio_return(&cb[which]), S_SIZE);
    }
}

#endif
