/* Completions never interrupt the application's msgrcv and semtimedop, which are never restarted. */
#include "eintr.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

struct message {
    long type;
    char text[8];
};

static int queue, sems;
static atomic_bool stop;

static void *post(void *unused)
{
    struct message m = { 1, "ping" };
    while (!atomic_load(&stop)) {
        usleep(1000);
        if (msgsnd(queue, &m, sizeof m.text, IPC_NOWAIT) != 0)
            CHECK_EQ(errno, EAGAIN);
    }
    return unused;
}

static int take(void)
{
    struct message m;
    struct sembuf down = { 0, -1, 0 };
    struct timespec ts = { 0, 500000 };
    if (msgrcv(queue, &m, sizeof m.text, 0, 0) < 0)
        return -1;
    return semtimedop(sems, &down, 1, &ts);
}

int main(void)
{
    pthread_t thread;
    queue = msgget(IPC_PRIVATE, 0600);
    sems = semget(IPC_PRIVATE, 1, 0600);
    CHECK(queue >= 0 && sems >= 0);
    CHECK_EQ(pthread_create(&thread, NULL, post, NULL), 0);
    EINTR_TEST(300, take());
    atomic_store(&stop, true);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    msgctl(queue, IPC_RMID, NULL);
    semctl(sems, 0, IPC_RMID);
    return 0;
}
