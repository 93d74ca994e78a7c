/* close, dup2, dup3, close_range with requests in flight. The number goes at once to a decoy, a file in
 * which no byte may ever change, and the slot is opened again on another number. */
#include "torture.h"

enum { DECOY_SIZE = 1 << 16, DECOY_BYTE = 0xd7 };

int slot_open(struct slot *s)
{
    int fd;
    if (s->kind == STREAM && !s->path[0]) {
        fd = fcntl(s->keep, F_DUPFD_CLOEXEC, 0);
    } else if (s->kind == STREAM) { /* the open must not wait for the other end; the requests may */
        fd = open(s->path, s->flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (fd >= 0 && !(s->flags & O_NONBLOCK))
            fcntl(fd, F_SETFL, s->flags & ~O_NONBLOCK);
    } else {
        fd = open(s->path, s->flags | O_CLOEXEC);
    }
    if (fd < 0)
        give_up(s->name);
    return fd;
}

void decoy_init(struct thread *t)
{
    u8 *buf = buffer_new(DECOY_SIZE);
    memset(buf, DECOY_BYTE, DECOY_SIZE);
    snprintf(t->decoy_path, sizeof t->decoy_path, "%s/decoy-%d", run.dir, t->index);
    t->decoy_file = open(t->decoy_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (t->decoy_file < 0 || write(t->decoy_file, buf, DECOY_SIZE) != DECOY_SIZE)
        give_up(t->decoy_path);
    free(buf);
}

void decoy_check(struct thread *t)
{
    u8 *buf = buffer_new(DECOY_SIZE + 64);
    ssize_t n = pread(t->decoy_file, buf, DECOY_SIZE + 64, 0);
    if (n != DECOY_SIZE)
        differ(NULL, NULL, "a file that got the number of a closed descriptor has %zd bytes, expected %d", n,
               DECOY_SIZE);
    for (int i = 0; i < DECOY_SIZE; i++)
        if (buf[i] != DECOY_BYTE)
            differ(NULL, NULL,
                   "a file that got the number of a closed descriptor was written at %d: %02x %02x %02x %02x %02x %02x "
                   "%02x %02x",
                   i, buf[i], buf[i + 1], buf[i + 2], buf[i + 3], buf[i + 4], buf[i + 5], buf[i + 6], buf[i + 7]);
    free(buf);
}

void decoys_close(struct thread *t, bool all)
{
    while (t->ndecoy) {
        close(t->decoy[--t->ndecoy]);
        if (!all)
            break;
    }
    decoy_check(t);
}

/* Nothing was ever submitted to the decoy, whatever its number was before. */
static void cancel_decoy(struct slot *s, int fd)
{
    int rc = aio_cancel(fd, NULL);
    if (rc != AIO_ALLDONE)
        differ(NULL, s, "aio_cancel(%d, NULL) says %d, and no request was made to the file that has this number now", fd,
               rc);
}

void do_close(struct thread *t)
{
    struct slot *s = &run.slot[pick(t, (unsigned)run.nslot)];
    if (t->ndecoy == DECOYS) {
        decoys_close(t, pick(t, 2));
        return;
    }
    if (pthread_rwlock_trywrlock(&s->lock) != 0)
        return;
    int out = atomic_load(&s->out), old = s->fd, decoy = -1;
    if ((run.glibc || (s->kind == STREAM && without("quietstream"))) && out) {
        pthread_rwlock_unlock(&s->lock);
        return;
    }
    static const char *const name[] = { "close", "dup2 of a decoy over it", "dup3 of a decoy over it", "close_range",
                                        "open again and dup2 over it" };
    unsigned how = pick(t, 5);
    atomic_store(&s->cancels[(atomic_load(&s->gen) + 1) % GENS], 0);
    atomic_store(&s->cancels_ended[(atomic_load(&s->gen) + 1) % GENS], 0);
    atomic_store(&s->closed_at, t_now());
    atomic_fetch_add(&s->gen, 1);
    note_event(s, t->index, "%s, number %d, %d requests out", name[how], old, out);
    atomic_store(&t->beat, t_now());
    t->closing = s;
    atomic_store(&t->doing, name[how]);
    int fresh = -1, rc = 0;
    switch (how) {
    case 0:
        rc = close(old);
        break;
    case 3:
        rc = close_range((unsigned)old, (unsigned)old, 0);
        break;
    case 4:
        fresh = slot_open(s);
        if ((rc = dup2(fresh, old)) == old)
            rc = 0;
        close(fresh);
        break;
    default:
        decoy = open(t->decoy_path, O_RDWR | O_CLOEXEC);
        if (decoy < 0)
            give_up(t->decoy_path);
        if ((rc = how == 1 ? dup2(decoy, old) : dup3(decoy, old, O_CLOEXEC)) == old)
            rc = 0;
        close(decoy);
        decoy = old;
    }
    if (rc != 0)
        differ(NULL, s, "%s of %d: %d, errno %d", name[how], old, rc, errno);
    if (how == 0 || how == 3) {
        decoy = open(t->decoy_path, O_RDWR | O_CLOEXEC);
        if (decoy < 0)
            give_up(t->decoy_path);
        if (decoy == old)
            COUNT(reused);
    } else {
        COUNT(reused);
    }
    if (decoy >= 0) {
        if (!run.glibc && pick(t, 2))
            cancel_decoy(s, decoy);
        t->decoy[t->ndecoy++] = decoy;
    }
    s->fd = how == 4 ? old : slot_open(s);
    atomic_store(&t->doing, "running");
    t->closing = NULL;
    COUNT(closes);
    if (out)
        COUNT(closed_busy);
    pthread_rwlock_unlock(&s->lock);
}
