/* linecount: counts the lines of a file, reading ahead by POSIX AIO while it counts.
 *
 * Nothing of it is made for libuaio: <aio.h> is the system's. Build and run it on glibc, or on the library:
 *
 *     c++ -std=c++17 -O2 -o linecount examples/linecount.cpp
 *     uaio run -- ./linecount FILE
 */
#include <aio.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <vector>

namespace {

[[noreturn]] void fail(const char *what) { throw std::system_error(errno, std::generic_category(), what); }

/* One request, with its buffer. The library knows a request by the address of its block, so it is never moved. */
class Read {
public:
    explicit Read(std::size_t bytes) : buffer(bytes) {}
    Read(const Read &) = delete;
    Read &operator=(const Read &) = delete;

    /* The kernel may write into the buffer until the request is over. */
    ~Read()
    {
        if (!outstanding)
            return;
        aio_cancel(block.aio_fildes, &block);
        wait();
    }

    void start(int fd, off_t offset)
    {
        block = {};
        block.aio_fildes = fd;
        block.aio_offset = offset;
        block.aio_buf = buffer.data();
        block.aio_nbytes = buffer.size();
        block.aio_sigevent.sigev_notify = SIGEV_NONE;
        if (aio_read(&block) != 0)
            fail("aio_read");
        outstanding = true;
    }

    /* How many lines end in what was read; how many bytes that were. */
    std::pair<std::size_t, std::size_t> finish()
    {
        int error = wait();
        ssize_t bytes = aio_return(&block);
        if (error != 0) {
            errno = error;
            fail("read");
        }
        auto end = buffer.begin() + bytes;
        return {std::count(buffer.begin(), end, '\n'), bytes};
    }

private:
    int wait()
    {
        const aiocb *list[] = {&block};
        int error;
        while ((error = aio_error(&block)) == EINPROGRESS)
            aio_suspend(list, 1, nullptr);
        outstanding = false;
        return error;
    }

    aiocb block{};
    std::vector<char> buffer;
    bool outstanding = false;
};

constexpr std::size_t depth = 8;
constexpr std::size_t piece = 128 * 1024;

std::size_t count(int fd)
{
    std::array<Read, depth> reads{Read{piece}, Read{piece}, Read{piece}, Read{piece},
                                  Read{piece}, Read{piece}, Read{piece}, Read{piece}};
    off_t next = 0;
    for (Read &read : reads) {
        read.start(fd, next);
        next += piece;
    }
    std::size_t lines = 0;
    for (std::size_t turn = 0;; ++turn) {
        Read &read = reads[turn % depth];
        auto [found, bytes] = read.finish();
        lines += found;
        /* Short only at the end of the file. */
        if (bytes < piece)
            return lines;
        read.start(fd, next);
        next += piece;
    }
}

} // namespace

int main(int argc, char **argv)
try {
    if (argc != 2) {
        std::fprintf(stderr, "usage: linecount FILE\n");
        return 2;
    }
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail(argv[1]);
    std::printf("%zu\n", count(fd));
    close(fd);
    return 0;
} catch (const std::system_error &error) {
    std::fprintf(stderr, "linecount: %s\n", error.what());
    return 1;
}
