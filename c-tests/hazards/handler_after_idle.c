/* A handler that interrupts malloc or pthread_create may submit, although nothing has been submitted for long. */
/* engines: auto */
/* modes: preload */
/* timeout: 60 */
/* glibc: may fail: the handler takes memory */
#include "test.h"
#include <sys/time.h>

enum { PROCESSES = 24, IDLE_S = 11 };

static struct aiocb cb;
static int pipe_fds[2];
static char byte;
static atomic_bool asked;

static void on_alarm(int signo)
{
    (void)signo;
    t_block(&cb, pipe_fds[0], &byte, 1, 0);
    CHECK_EQ(aio_read(&cb), 0);
    asked = true;
}

static void *nothing(void *argument)
{
    return argument;
}

static void submit_at(int number)
{
    struct itimerval soon = { .it_value.tv_usec = 500 + number * 131 };
    pthread_attr_t small;
    t_pipe(pipe_fds);
    CHECK_EQ(pthread_attr_init(&small), 0);
    CHECK_EQ(pthread_attr_setstacksize(&small, 64 * 1024), 0);
    CHECK_EQ(write(pipe_fds[1], "x", 1), 1);
    t_block(&cb, pipe_fds[0], &byte, 1, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), 0);
    sleep(IDLE_S);
    t_handle(SIGVTALRM, on_alarm, SA_RESTART);
    alarm(10);
    CHECK_EQ(setitimer(ITIMER_VIRTUAL, &soon, NULL), 0);
    while (!asked) {
        /* Stacks that threads have left are for new ones, unless somebody has them. */
        pthread_t threads[8];
        for (size_t i = 0; i < 8; i++)
            CHECK_EQ(pthread_create(&threads[i], &small, nothing, NULL), 0);
        for (size_t i = 0; i < 8; i++)
            CHECK_EQ(pthread_join(threads[i], NULL), 0);
    }
    CHECK_EQ(write(pipe_fds[1], "x", 1), 1);
    CHECK_EQ(t_wait(&cb), 0);
}

int main(void)
{
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            submit_at(i);
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++)
        t_child_ok(children[i]);
    return 0;
}
