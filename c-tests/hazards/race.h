/* What the cancel_race_* tests share: after a race each request has exactly one outcome and one notification. */
#ifndef UAIO_RACE_H
#define UAIO_RACE_H

#include "test.h"

enum { RACERS = 8 };

struct race {
    struct aiocb cb[RACERS];
    long cancelled, done;
};

/* Takes exactly one signal per request and gives the outcome of each: `want` bytes or ECANCELED. */
static inline void race_settle(struct race *r, const int *verdict, bool one_by_one, ssize_t want)
{
    unsigned seen = 0;
    for (int i = 0; i < RACERS; i++) {
        siginfo_t info = t_take_signal(SIGRTMIN);
        int which = info.si_value.sival_int;
        CHECK(which >= 0 && which < RACERS && !(seen & 1u << which));
        seen |= 1u << which;
        int error = aio_error(&r->cb[which]);
        if (error == ECANCELED) {
            CHECK(!one_by_one || verdict[which] == AIO_CANCELED);
            CHECK_EQ(aio_return(&r->cb[which]), -1);
            r->cancelled++;
        } else {
            CHECK_EQ(error, 0);
            CHECK(!one_by_one || verdict[which] != AIO_CANCELED);
            CHECK_EQ(aio_return(&r->cb[which]), want);
            r->done++;
        }
    }
    sigset_t set;
    struct timespec none = { 0, 0 };
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    CHECK_ERR(sigtimedwait(&set, NULL, &none), EAGAIN);
}

#endif
