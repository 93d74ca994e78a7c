/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The asynchronous I/O calls of Solaris' libaio, for programs written there: link with -luaio.
 * docs/porting-from-solaris.md says what is the same and what differs. Numbers shared with <aio.h>
 * (AIO_ALLDONE, LIO_READ...) are those of Linux.
 */
#ifndef UAIO_SYS_ASYNCH_H
#define UAIO_SYS_ASYNCH_H

#include <sys/time.h>
#include <unistd.h>

/* The calls and aio_result_t. */
#include <uaio.h>

/* Set aio_return to this before a call to see by it when the request is finished. */
#ifndef AIO_INPROGRESS
#define AIO_INPROGRESS (-2)
#endif

/* A hint to programs: so many requests in flight are always fine. There is no such limit here. */
#ifndef MAXASYNCHIO
#define MAXASYNCHIO 200
#endif

#endif /* UAIO_SYS_ASYNCH_H */
