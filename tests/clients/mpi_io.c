/* An MPI-IO program that checks itself: every rank writes and reads its own part of a file by MPI_File_iwrite and
 * MPI_File_iread, several at a time.
 *
 * usage: mpi_io FILE */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 * 1024, AT_A_TIME = 16, ROUNDS = 8 };

static unsigned char blocks[AT_A_TIME][BLOCK];
static int rank;

static void demand(int status, const char *what) {
    if (status != MPI_SUCCESS) {
        fprintf(stderr, "rank %d: %s: error %d\n", rank, what, status);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
}

/* Depends on rank, block and place, so that no block can stand for another. */
static unsigned char content(int block, int at) {
    return (unsigned char)(rank * 101 + block * 31 + at * 7 + (at >> 8) * 13 + (at >> 16));
}

/* Blocks of all ranks by turns: two processes write to neighbouring parts of the file. */
static MPI_Offset place(int block, int ranks) {
    return ((MPI_Offset)block * ranks + rank) * BLOCK;
}

static void wait_for_all(MPI_Request *requests) {
    MPI_Status status[AT_A_TIME];
    demand(MPI_Waitall(AT_A_TIME, requests, status), "MPI_Waitall");
    for (int i = 0; i < AT_A_TIME; i++) {
        int bytes;
        demand(MPI_Get_count(&status[i], MPI_BYTE, &bytes), "MPI_Get_count");
        if (bytes != BLOCK) {
            fprintf(stderr, "rank %d: request %d has %d bytes\n", rank, i, bytes);
            MPI_Abort(MPI_COMM_WORLD, 1);
        }
    }
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    MPI_File file;
    MPI_Request requests[AT_A_TIME];
    int ranks;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (argc != 2)
        MPI_Abort(MPI_COMM_WORLD, 2);
    demand(MPI_File_open(MPI_COMM_WORLD, argv[1], MPI_MODE_CREATE | MPI_MODE_RDWR, MPI_INFO_NULL, &file), "open");
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < AT_A_TIME; i++) {
            int block = round * AT_A_TIME + i;
            for (int at = 0; at < BLOCK; at++)
                blocks[i][at] = content(block, at);
            demand(MPI_File_seek(file, place(block, ranks), MPI_SEEK_SET), "MPI_File_seek");
            demand(MPI_File_iwrite(file, blocks[i], BLOCK, MPI_BYTE, &requests[i]), "MPI_File_iwrite");
        }
        wait_for_all(requests);
    }
    demand(MPI_File_sync(file), "MPI_File_sync");
    for (int round = 0; round < ROUNDS; round++) {
        memset(blocks, 0xa5, sizeof blocks);
        for (int i = 0; i < AT_A_TIME; i++) {
            demand(MPI_File_seek(file, place(round * AT_A_TIME + i, ranks), MPI_SEEK_SET), "MPI_File_seek");
            demand(MPI_File_iread(file, blocks[i], BLOCK, MPI_BYTE, &requests[i]), "MPI_File_iread");
        }
        wait_for_all(requests);
        for (int i = 0; i < AT_A_TIME; i++)
            for (int at = 0; at < BLOCK; at++)
                if (blocks[i][at] != content(round * AT_A_TIME + i, at)) {
                    fprintf(stderr, "rank %d: block %d differs at byte %d\n", rank, round * AT_A_TIME + i, at);
                    MPI_Abort(MPI_COMM_WORLD, 1);
                }
    }
    demand(MPI_File_close(&file), "MPI_File_close");
    printf("rank %d of %d: every byte is right\n", rank, ranks);
    MPI_Finalize();
    return 0;
}
